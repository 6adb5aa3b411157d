from pathlib import Path

import pytest

from catalog.errors import TaxonomyError
from taxonomy.crosswalk import Crosswalk, Link
from taxonomy.crosswalk_file import read_crosswalk, write_crosswalk

SAME = Link(
    old_id="1", old_path="A", new_id="1", new_path="A", relation="same", confidence=1, status="accepted"
)
RENAMED = Link(
    old_id="2", old_path="B", new_id="2", new_path="C", relation="renamed", confidence=0.8, status="accepted"
)
PARTS = [
    Link(old_id="3", old_path="D", new_path=path, relation="split", confidence=0.5, status="review")
    for path in ("E", "F")
]
GONE = Link(old_id="4", old_path="G", relation="removed", confidence=0.9, status="review")
NEW = Link(new_id="9", new_path="H", relation="added", confidence=1, status="accepted")
LINKS = [SAME, RENAMED, *PARTS, GONE, NEW]


def test_one_accepted_link_carries_by_path_and_by_id() -> None:
    crosswalk = Crosswalk(LINKS)
    assert crosswalk.carry("B").target == crosswalk.carry("2").target == "C"


@pytest.mark.parametrize(
    ("path", "choices", "reason"),
    [("D", ("E", "F"), "not accepted"), ("G", (), "no successor"), ("X", (), "not in the crosswalk")],
)
def test_else_a_person_chooses(path: str, choices: tuple[str, ...], reason: str) -> None:
    carried = Crosswalk(LINKS).carry(path)
    assert (carried.target, carried.choices) == ("", choices)
    assert reason in carried.reason


def test_two_accepted_links_are_a_split() -> None:
    both = [part.model_copy(update={"status": "accepted"}) for part in PARTS]
    carried = Crosswalk(both).carry("D")
    assert (carried.target, carried.choices) == ("", ("E", "F"))
    assert "split into 2" in carried.reason


def test_one_part_that_a_person_accepts_takes_all() -> None:
    parts = [PARTS[0].model_copy(update={"status": "accepted"}), PARTS[1]]
    assert Crosswalk(parts).carry("D").target == "E"


def test_new_leaves_are_known_whatever_leads_to_them() -> None:
    assert list(Crosswalk(LINKS).new_leaves) == ["A", "C", "E", "F", "H"]


def test_an_id_for_two_paths_is_refused() -> None:
    with pytest.raises(TaxonomyError, match="'1'"):
        Crosswalk([SAME, SAME.model_copy(update={"new_path": "Z"})])


def test_the_file_comes_back_with_open_questions_first(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    write_crosswalk(file, LINKS)
    read = read_crosswalk(file).links
    assert sorted(map(str, read)) == sorted(map(str, LINKS))
    assert [one.relation for one in read] == ["split", "split", "removed", "renamed", "added", "same"]


def test_a_row_added_by_hand_needs_three_columns(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("old_path,new_path,status\nB,C,accepted\n", "utf-8")
    assert read_crosswalk(file).carry("B").target == "C"


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("old_path,new_path,status\nB,C,accepted\nB,C,perhaps\n,,accepted\n", "utf-8")
    with pytest.raises(TaxonomyError, match=r"line 3: `status` is 'perhaps'.*line 4: neither"):
        read_crosswalk(file)
