import numpy as np
import pytest

from retrieval.sources.hierarchy.record import Architecture
from training.augmentation.record import LabelSemantics
from training.hierarchy.plan import make_plan
from training.hierarchy.rows import LevelRows
from training.hierarchy.settings import LevelSettings
from training.losses.record import CrossEntropy
from training.resampling import Resampling

PLAIN = LevelSettings(loss=CrossEntropy(), resampling=None, augmentation=None)


@pytest.fixture
def level_rows(shop, encoder):
    def make(level="department", **changes):
        positions = shop.positions(shop.train)
        plan = make_plan(positions, shop.taxonomy, "shared")
        task = plan.department if level == "department" else plan.leaves[0]
        settings = PLAIN.model_copy(update=changes)
        return LevelRows(task, shop.train, positions, settings, Architecture(), encoder, seed=3)

    return make


def test_with_everything_off_an_epoch_is_the_rows_as_they_are(level_rows, shop):
    rows = level_rows()
    laid, classes = rows.epoch(0)
    again, _ = rows.epoch(1)
    assert len(laid.ids) == len(classes) == len(shop.train)
    assert again == laid
    assert rows.counts.tolist() == [18, 18, 18]


def test_departments_are_drawn_by_leaf(level_rows):
    rows = level_rows(resampling=Resampling(most=4))
    laid, classes = rows.epoch(0)
    assert rows.counts.tolist() == np.bincount(classes).tolist() == [8, 8, 8]
    assert laid != rows.epoch(1)[0]
    assert laid == rows.epoch(0)[0]


@pytest.mark.parametrize(("level", "word"), [("department", "out"), ("leaf", "hoses")])
def test_shuffled_titles_hold_the_name_of_the_level(level_rows, encoder, shop, level, word):
    token = encoder.tokenize([word])[0][1]
    plain, classes = level_rows(level).epoch(0)
    mixed, same_classes = level_rows(level, augmentation=LabelSemantics(share=1.0)).epoch(0)
    assert classes.tolist() == same_classes.tolist()
    inside = [token in ids for ids in mixed.ids]
    assert sum(inside) > sum(token in ids for ids in plain.ids)
    right = [f"{word}" in p.category_paths[0].lower() for p in shop.train]
    assert [i for i, r in zip(inside, right, strict=True) if r] == [True] * sum(right)
    assert {segment for row in mixed.segments for segment in row} == {0}


def test_only_the_share_is_augmented(level_rows):
    plain, _ = level_rows().epoch(0)
    mixed, _ = level_rows(augmentation=LabelSemantics(share=0.25)).epoch(0)
    changed = sum(a != b for a, b in zip(plain.ids, mixed.ids, strict=True))
    assert 10 <= changed <= 17


def test_the_vocabulary_holds_every_token_of_any_epoch(level_rows):
    rows = level_rows("leaf", augmentation=LabelSemantics(share=1.0))
    known = {token for ids in rows.vocabulary for token in ids}
    shown = {token for epoch in range(3) for ids in rows.epoch(epoch)[0].ids for token in ids}
    assert shown <= known
