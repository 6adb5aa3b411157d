from pathlib import Path

from taxonomy.formats.google import read_google
from taxonomy.read import read_taxonomy

TEXT = """# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animals & Pet Supplies
3237 - Animals & Pet Supplies > Live Animals
2 - Animals & Pet Supplies > Pet Supplies
"""


def test_ids_paths_and_lines(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy-with-ids.en-US.txt"
    file.write_text(TEXT, "utf-8")
    drafts = read_google(file, "en-US").drafts
    assert [(one.category_id, one.path, one.place.number) for one in drafts] == [
        ("1", ("Animals & Pet Supplies",), 2),
        ("3237", ("Animals & Pet Supplies", "Live Animals"), 3),
        ("2", ("Animals & Pet Supplies", "Pet Supplies"), 4),
    ]


def test_the_form_without_ids_gets_ids_from_the_paths(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.en-US.txt"
    file.write_text("Toys\nToys > Balls\n", "utf-8")
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert tree.require("Toys > Balls").parent_id == tree.require("Toys").category_id


def test_a_broken_line_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text("1 - Toys\nBalls\n3 - Toys >  > Cubes\n", "utf-8")
    findings = read_google(file, "").findings
    assert [str(one).startswith(f"`{file}` line {n}: ") for one, n in zip(findings, (2, 3), strict=True)] == [
        True
    ] * 2


def test_several_languages_merge_by_id(tmp_path: Path) -> None:
    english, german = tmp_path / "t.en-US.txt", tmp_path / "t.de-DE.txt"
    english.write_text("1 - Toys\n2 - Toys > Balls\n", "utf-8")
    german.write_text("1 - Spielzeug\n2 - Spielzeug > Bälle\n9 - Fehlt\n", "utf-8")
    read = read_taxonomy([english, german])
    assert read.tree is not None
    balls = read.tree.require("2")
    assert balls.category_path == "Toys > Balls"
    assert balls.names == {"en-US": "Balls", "de-DE": "Bälle"}
    assert read.tree.localized_path(balls, "de-DE") == "Spielzeug > Bälle"
    assert [(one.kind, one.place.number) for one in read.findings] == [("unknown_id", 3)]


def test_the_language_of_the_paths_can_be_chosen(tmp_path: Path) -> None:
    english, german = tmp_path / "t.en-US.txt", tmp_path / "t.de-DE.txt"
    english.write_text("1 - Toys\n", "utf-8")
    german.write_text("1 - Spielzeug\n", "utf-8")
    tree = read_taxonomy([english, german], locale="de-DE").tree
    assert tree is not None
    assert [node.category_path for node in tree] == ["Spielzeug"]
