from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from catalog.errors import WorkspaceError
from retrieval.sources.base import Answer, ClassScores, Queries
from retrieval.sources.relabelled import GONE, Relabel, RelabelledSource

SCORES = np.log(np.asarray([[0.1, 0.2, 0.3, 0.4]], np.float32))
QUERIES = Queries(
    (), ["x"], np.zeros((1, 2), np.float32), np.zeros((1, 1), np.int64), np.zeros((1, 1), np.float32)
)


class Trained:
    """Knows the categories 0, 1, 2 and 4 of five."""

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(SCORES, np.asarray([0, 1, 2, 4]))

    def save(self, path: Path) -> None:
        path.write_text("trained", "utf-8")


def at(now: Sequence[int], categories: int) -> np.ndarray:
    answer = RelabelledSource(Trained(), Relabel.of(now, categories)).answer(QUERIES)
    return np.exp(answer.at(np.arange(categories)[None, :]))[0]


def test_what_stayed_is_heard_unchanged_and_what_is_new_is_unknown() -> None:
    np.testing.assert_allclose(at([0, 1, 2, 3, 4], 6), [0.1, 0.2, 0.3, np.nan, 0.4, np.nan], rtol=1e-5)


def test_merged_categories_are_heard_as_one() -> None:
    np.testing.assert_allclose(at([0, 0, 1, 2, 3], 4), [0.3, 0.3, np.nan, 0.4], rtol=1e-5)


def test_a_removed_category_is_not_heard_and_the_others_do_not_gain() -> None:
    np.testing.assert_allclose(at([0, 1, 2, 3, GONE], 4), [0.1, 0.2, 0.3, np.nan], rtol=1e-5)
    answer = RelabelledSource(Trained(), Relabel.of([0, 1, 2, 3, GONE], 4)).answer(QUERIES)
    assert sorted(answer.best(2)[0].tolist()) == [GONE, 2]


def test_a_category_that_merged_with_an_unknown_one_keeps_its_score() -> None:
    np.testing.assert_allclose(at([0, 1, 2, 2, 3], 4), [0.1, 0.2, 0.3, 0.4], rtol=1e-5)


def test_the_table_comes_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "relabel.json"
    assert Relabel.load(file, 4) is None
    Relabel.of([0, 0, 1], 4).save(file)
    loaded = Relabel.load(file, 4)
    assert loaded is not None
    assert loaded.now.tolist() == [0, 0, 1]
    file.write_text('{"now": [7]}', "utf-8")
    with pytest.raises(WorkspaceError, match="damaged"):
        Relabel.load(file, 4)


def test_appending_changes_nothing() -> None:
    assert Relabel.of([0, 1, 2], 9).changes_nothing
    assert not Relabel.of([0, 2, 1], 3).changes_nothing
