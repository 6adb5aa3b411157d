"""Confidence along a path: the sum of what lies under each node, never less sure above than below."""

import numpy as np
import pytest

from catalog.errors import WorkspaceError
from retrieval.levels import LevelModel, Levels, Prefixes
from retrieval.taxonomy import Taxonomy
from taxonomy.node import derived_id

TAXONOMY = Taxonomy.from_paths(["A > B > x", "A > B > y", "A > z", "C"])
RANKED = np.asarray([[0, 1, 2, 3], [3, 0, -1, -1]])
SHARES = np.asarray([[0.4, 0.3, 0.1, 0.1], [0.7, 0.2, 0, 0]], np.float32)


def test_what_lies_under_each_node_is_summed() -> None:
    summed = Prefixes.of(TAXONOMY).under(RANKED, SHARES)
    np.testing.assert_allclose(summed, [[0.8, 0.7, 0.4], [0.7, 0, 0]], atol=1e-6)


def test_levels_end_with_the_answers_own_confidence() -> None:
    found = Levels(TAXONOMY, LevelModel())(RANKED, SHARES, np.asarray([0.35, 0.6], np.float32))
    np.testing.assert_allclose(found[0], [0.8, 0.7, 0.35], atol=1e-6)
    np.testing.assert_allclose(found[1, 0], 0.6, atol=1e-6)
    assert np.isnan(found[1, 1:]).all()


def test_no_node_is_less_sure_than_what_is_under_it() -> None:
    found = Levels(TAXONOMY, LevelModel())(RANKED, SHARES, np.asarray([0.95, 0.6], np.float32))
    np.testing.assert_allclose(found[0], [0.95, 0.95, 0.95], atol=1e-6)


def test_a_node_has_the_id_that_the_source_gave_it() -> None:
    categories = Taxonomy.from_paths(["A > x"]).categories
    known = Levels(Taxonomy(categories, {"A": "17"}), LevelModel())
    assert known.node("A > x", 0) == ("17", "A")
    assert known.node("A > x", 1) == (categories[0].category_id, "A > x")
    assert Levels(Taxonomy(categories), LevelModel()).node("A > x", 0) == (derived_id("A"), "A")


def test_a_damaged_file_is_refused(tmp_path) -> None:
    assert LevelModel.load(tmp_path / "levels.json") is None
    (tmp_path / "levels.json").write_text("{")
    with pytest.raises(WorkspaceError, match="damaged"):
        LevelModel.load(tmp_path / "levels.json")
