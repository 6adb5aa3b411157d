from pathlib import Path

from taxonomy.open import open_tree
from taxonomy.read import detect, read_taxonomy


def test_labels_are_leaves_and_bring_their_parents(tiny_catalog: Path) -> None:
    assert detect(tiny_catalog) == "catalog"
    tree = open_tree(tiny_catalog)
    assert len(tree.leaves) == 6
    assert tree.require("Garden > Watering").leaf is False


def test_a_label_above_another_is_told_with_both_rows(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("product_id,title,category_path\na,Pan,Kitchen\nb,Pot,Kitchen > Pots\n", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is not None
    assert [node.leaf for node in read.tree] == [True, True]
    (finding,) = read.findings
    assert (finding.kind, finding.place.number) == ("leaf_and_parent", 1)
    assert "row 2" in finding.message


def test_bad_rows_are_warnings(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("product_id,title,category_path\na,Pan,Kitchen\nb,,Kitchen\n", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is not None
    assert [(one.level, one.place.number) for one in read.findings] == [("warning", 2)]


def test_a_workspace_is_read_by_its_folder(workspace_dir: Path) -> None:
    assert len(open_tree(workspace_dir).leaves) == 6
