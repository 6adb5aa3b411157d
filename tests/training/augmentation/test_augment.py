import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from catalog.product import Product
from training.augmentation.augment import Synthetic, augment, sampled_rows
from training.augmentation.record import Augmentation, LabelSemantics, MaskedPath

KINDS = [MaskedPath(share=0.3), LabelSemantics(share=0.3)]
PATHS = ["Home > Mugs"] * 60 + ["Home > Pans"] * 30 + ["Pets > Toys"] * 10
PRODUCTS = [Product(product_id=str(i), title=f"product number {i}") for i in range(len(PATHS))]
CATALOGS = st.lists(st.sampled_from(["A > B", "A > C", "D"]), max_size=60)


def synthetic(kind: Augmentation, seed: int = 1, epoch: int = 0) -> Synthetic:
    return augment(kind, PRODUCTS, PATHS, seed=seed, epoch=epoch)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind)
def test_the_same_seed_and_epoch_repeat_and_another_of_either_differs(kind: Augmentation) -> None:
    first, again = synthetic(kind), synthetic(kind)
    assert first.texts == again.texts
    assert np.array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, synthetic(kind, epoch=1).rows)
    assert not np.array_equal(first.rows, synthetic(kind, seed=2).rows)


def test_two_kinds_with_one_seed_take_different_rows() -> None:
    assert not np.array_equal(synthetic(KINDS[0]).rows, synthetic(KINDS[1]).rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.kind)
def test_every_synthetic_text_names_the_category_of_its_row(kind: Augmentation) -> None:
    made = synthetic(kind)
    assert len(made.texts) == len(made.rows) == 30
    for row, text in zip(made.rows.tolist(), made.texts, strict=True):
        assert PATHS[row].split(" > ")[-1] in text


@given(CATALOGS, st.floats(0.01, 1.0), st.integers(0, 100))
def test_every_category_gives_its_share_to_within_a_row(paths: list[str], share: float, seed: int) -> None:
    rows = sampled_rows(paths, share, np.random.default_rng(seed)).tolist()
    assert rows == sorted(set(rows))
    assert math.floor(len(paths) * share) - 1e-9 <= len(rows) <= math.ceil(len(paths) * share)
    drawn = Counter(paths[row] for row in rows)
    for path, count in Counter(paths).items():
        assert abs(drawn[path] - share * count) <= 1


def test_all_rows_have_the_same_chance() -> None:
    rng = np.random.default_rng(0)
    draws = Counter(row for _ in range(2000) for row in sampled_rows(PATHS, 0.3, rng).tolist())
    assert min(draws[i] for i in range(len(PATHS))) > 500
    assert max(draws.values()) < 700


def test_a_category_of_one_row_has_that_chance_too() -> None:
    rng = np.random.default_rng(0)
    alone = [f"A > {i}" for i in range(9)]
    draws = Counter(row for _ in range(2000) for row in sampled_rows(alone, 0.3, rng).tolist())
    assert min(draws[i] for i in range(9)) > 500
    assert max(draws.values()) < 700


def test_a_catalog_without_rows_gives_none() -> None:
    made = augment(MaskedPath(), [], [], seed=0, epoch=0)
    assert (made.rows.tolist(), made.texts) == ([], [])


def test_the_whole_share_takes_every_row() -> None:
    assert sampled_rows(PATHS, 1.0, np.random.default_rng(0)).tolist() == list(range(100))


def test_records_survive_json_and_refuse_what_makes_no_sense() -> None:
    adapter: TypeAdapter[Augmentation] = TypeAdapter(Augmentation)
    for kind in KINDS:
        assert adapter.validate_json(adapter.dump_json(kind)) == kind
    for wrong in (
        {"kind": "masked_path", "share": 0},
        {"kind": "masked_path", "portion": 0.1},
        {"kind": "x"},
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
