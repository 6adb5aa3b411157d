import json
from pathlib import Path

from taxonomy.read import detect, locale_of, read_taxonomy

PREFIX = "gid://shopify/TaxonomyCategory/"


def test_the_text_form(tmp_path: Path) -> None:
    file = tmp_path / "de" / "categories.txt"
    file.parent.mkdir()
    file.write_text(
        f"# Categories: 2026-05\n\n{PREFIX}ap   : Tiere\n{PREFIX}ap-1 : Tiere > Lebende Tiere\n",
        "utf-8",
    )
    tree = read_taxonomy([file]).tree
    assert detect(file) == "shopify"
    assert tree is not None
    assert (locale_of(file), tree.locale) == ("de", "de")
    assert [(node.category_id, node.leaf) for node in tree] == [("ap", False), ("ap-1", True)]


def category(category_id: str, name: str, parent: str | None) -> dict[str, object]:
    return {
        "id": PREFIX + category_id,
        "name": name,
        "parent_id": PREFIX + parent if parent else None,
        "level": 0,
    }


def document(*categories: dict[str, object]) -> str:
    return json.dumps(
        {"version": "2026-05", "verticals": [{"name": "A", "categories": categories}]}, indent=1
    )


def test_the_json_form(tmp_path: Path) -> None:
    file = tmp_path / "categories.json"
    file.write_text(document(category("ap", "Animals", None), category("ap-1", "Birds", "ap")), "utf-8")
    read = read_taxonomy([file])
    assert read.tree is not None
    assert read.tree.require("ap-1").category_path == "Animals > Birds"
    assert read.places["ap-1"].number > read.places["ap"].number > 1


def test_an_orphan_and_a_cycle_name_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "categories.json"
    rows = [category("a", "A", "b"), category("b", "B", "a"), category("c", "C", "gone")]
    file.write_text(document(*rows), "utf-8")
    read = read_taxonomy([file])
    assert read.tree is None
    assert [one.kind for one in read.findings] == ["cycle", "cycle", "orphan"]
    assert all(f"`{file}` line " in str(one) for one in read.findings)


def test_an_id_that_stands_twice_names_both_lines(tmp_path: Path) -> None:
    file = tmp_path / "categories.json"
    file.write_text(document(category("a", "A", None), category("a", "B", None)), "utf-8")
    (finding,) = read_taxonomy([file]).findings
    assert finding.kind == "duplicate_id"
    first, second = finding.message.rpartition("line ")[2].rstrip("."), finding.place.number
    assert int(first) < second
