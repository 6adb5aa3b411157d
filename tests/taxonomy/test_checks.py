from pathlib import Path

from taxonomy.read import read_taxonomy


def test_siblings_that_say_the_same_are_told_with_both_lines(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("path\nToys > Balls\nToys > Cubes\nToys > Ball\nGames > Ball\n", "utf-8")
    (finding,) = read_taxonomy([file]).findings
    assert (finding.kind, finding.level) == ("similar_siblings", "warning")
    assert "line 2" in str(finding)
    assert "line 4" in str(finding)


def test_a_name_that_divides_labels_is_told(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("path\nToys > Balls|Cubes\n", "utf-8")
    (finding,) = read_taxonomy([file]).findings
    assert (finding.kind, finding.place.number) == ("separator_in_name", 2)
