import json
from pathlib import Path

import pytest

from agents.summarizer.confusions import Confusions
from catalog.errors import WorkspaceError
from retrieval.taxonomy import Taxonomy

TAXONOMY = Taxonomy.from_paths(["a", "b", "c", "d"])
A, B, C, D = (TAXONOMY.require(name) for name in "abcd")


def test_confusions_count_both_ways_most_often_first() -> None:
    confusions = Confusions.of([(["a"], "b"), (["c"], "a"), (["c"], "a"), (["b"], "d")], TAXONOMY)
    assert confusions.with_(A, 5) == [C, B]
    assert confusions.with_(A, 1) == [C]
    assert confusions.with_(B, 5) == [A, D]
    assert Confusions().with_(A, 5) == []


def test_paths_of_no_category_do_not_count() -> None:
    confusions = Confusions.of([(["a", "gone"], "b"), (["a"], "gone"), (["a"], "a")], TAXONOMY)
    assert confusions.counts == {A: {B: 1}, B: {A: 1}}


def _line(truth: str, said: str, right: bool) -> str:
    return json.dumps({"product": {"category_paths": [truth]}, "category_path": said, "right": right})


def test_only_wrong_rows_are_confusions(tmp_path: Path) -> None:
    path = tmp_path / "validation.jsonl"
    path.write_text("\n".join([_line("a", "b", False), _line("a", "a", True)]) + "\n", "utf-8")
    assert Confusions.read(path, TAXONOMY).counts == {A: {B: 1}, B: {A: 1}}


@pytest.mark.parametrize("content", ["{broken", "[]", '{"right": false}', None])
def test_a_damaged_file_is_an_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "validation.jsonl"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Confusions.read(path, TAXONOMY)
