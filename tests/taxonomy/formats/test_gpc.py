import json
from pathlib import Path

import pytest

from catalog.errors import TaxonomyError
from taxonomy.read import detect, read_taxonomy

XML = """<?xml version="1.0" encoding="UTF-8"?>
<schema languageCode="EN">
  <segment code="10" text="Arts">
    <family code="20" text="Craft">
      <class code="30" text="Painting">
        <brick code="40" text="Easel" definition="Holds a canvas." definitionExcludes="Frames.">
          <attType code="50" text="Material"><attValue code="60" text="Wood"/></attType>
        </brick>
      </class>
    </family>
  </segment>
</schema>
"""
BRICK = {
    "Level": 4,
    "Code": 40,
    "Title": "Easel",
    "Definition": "Holds a canvas.",
    "DefinitionExcludes": "Frames.",
    "Active": True,
    "Childs": [{"Level": 5, "Code": 50, "Title": "Material", "Childs": []}],
}
SCHEMA = {
    "LanguageCode": "EN",
    "Schema": [
        {
            "Level": 1,
            "Code": 10,
            "Title": "Arts",
            "Childs": [
                {
                    "Level": 2,
                    "Code": 20,
                    "Title": "Craft",
                    "Childs": [
                        {
                            "Level": 3,
                            "Code": 30,
                            "Title": "Painting",
                            "Childs": [
                                BRICK,
                                {**BRICK, "Code": 41, "Active": False},
                            ],
                        },
                    ],
                },
            ],
        },
    ],
}
TSV = (
    "10\tArts\t (GPC segment)\n20\tCraft\t (GPC family)\n30\tPainting\t (GPC class)\n"
    "40\tEasel\tHolds a canvas. Excludes: Frames. (GPC brick)\n"
)


@pytest.mark.parametrize(
    ("name", "text"), [("g.xml", XML), ("g.json", json.dumps(SCHEMA, indent=1)), ("g.tsv", TSV)]
)
def test_all_forms_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    assert detect(file) == "gpc"
    read = read_taxonomy([file])
    assert read.tree is not None
    assert [node.category_id for node in read.tree] == ["10", "20", "30", "40"]
    brick = read.tree.require("40")
    assert brick.category_path == "Arts > Craft > Painting > Easel"
    assert brick.description == "Holds a canvas. Excludes: Frames."
    assert [node.category_id for node in read.tree.leaves] == ["40"]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "g.xml"
    file.write_text(XML, "utf-8")
    assert [read_taxonomy([file]).places[one].number for one in ("10", "40")] == [3, 6]


def test_bricks_of_one_name_are_told_apart_by_their_code(tmp_path: Path) -> None:
    file = tmp_path / "g.tsv"
    file.write_text(TSV + "41\tEasel\tOther (GPC brick)\n", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is not None
    assert [node.name for node in read.tree.leaves] == ["Easel (40)", "Easel (41)"]
    assert [node.names for node in read.tree.leaves] == [{}, {}]
    assert {one.kind for one in read.findings} >= {"duplicate_path"}


def test_children_of_classes_of_one_name_stay_with_their_own(tmp_path: Path) -> None:
    file = tmp_path / "g.tsv"
    file.write_text(TSV + "31\tPainting\t (GPC class)\n41\tBrush\tPaints. (GPC brick)\n", "utf-8")
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert tree.require("41").category_path == "Arts > Craft > Painting (31) > Brush"
    assert tree.require("40").category_path == "Arts > Craft > Painting (30) > Easel"


def test_a_brick_before_its_class_is_an_orphan(tmp_path: Path) -> None:
    file = tmp_path / "g.tsv"
    file.write_text("10\tArts\t (GPC segment)\n40\tEasel\tHolds. (GPC brick)\n", "utf-8")
    (finding,) = read_taxonomy([file]).findings
    assert (finding.kind, finding.place.number) == ("orphan", 2)


@pytest.mark.parametrize(("name", "text"), [("g.xml", "<schema><segment"), ("g.json", '{"Schema": [')])
def test_a_cut_off_file_says_so(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with pytest.raises(TaxonomyError, match=name):
        read_taxonomy([file], form="gpc")
