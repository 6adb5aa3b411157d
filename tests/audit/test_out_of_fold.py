from dataclasses import replace

import numpy as np
import pytest

from audit.duplicates import Duplicates
from audit.observations import Observations, observe
from audit.out_of_fold import FEATURES, gather
from catalog.product import Row
from catalog.progress import Silent
from retrieval.taxonomy import Taxonomy
from tests.audit.conftest import World, product


def _by_category(observations: Observations, i: int) -> dict[int, list[float]]:
    evidence = gather(observations, Silent(), threads=1)
    pairs = zip(evidence.positions[i].tolist(), evidence.features[i].tolist(), strict=True)
    return {position: features for position, features in pairs if position >= 0}


def test_no_evidence_about_a_label_was_made_with_it(observations: Observations) -> None:
    i = 40
    changed = observations.labels.copy()
    changed[i] = (changed[i] + 3) % 6
    before = _by_category(observations, i)
    after = _by_category(replace(observations, labels=changed), i)
    assert len(before) > 1
    shared = before.keys() & after.keys()
    assert len(shared) == len(before)
    assert all(before[position] == after[position] for position in shared)


def test_the_given_label_is_always_a_candidate_and_each_only_once(observations: Observations) -> None:
    evidence = gather(observations, Silent(), threads=1)
    assert (evidence.positions[:, 0] == observations.labels).all()
    for row in evidence.positions.tolist():
        named = [position for position in row if position >= 0]
        assert len(named) == len(set(named))
    assert evidence.features.shape == (*evidence.positions.shape, len(FEATURES))
    assert np.isfinite(evidence.features).all()
    assert evidence.judged.all()


def test_a_products_other_labels_are_no_candidates(world: World) -> None:
    paths = ("Kitchen > Knives > Bread", "Kitchen > Knives > Chef")
    rows = [*world.rows, Row(900, product("two", "steel knife blade loaf", *paths))]
    evidence = gather(observe(rows, world.taxonomy), Silent(), threads=1)
    bread, chef = (world.taxonomy.require(path) for path in paths)
    assert chef not in evidence.positions[-2]
    assert bread not in evidence.positions[-1]
    assert evidence.positions[-2][0] == bread


def test_only_copies_speak_about_a_category_of_one_product(world: World) -> None:
    odd = "Other > Odd"
    lone = Row(900, product("lone", "garden hose reel flexible", odd))
    copies = [Row(901 + i, product(f"c{i}", "unheard of", p)) for i, p in enumerate((odd + "er", odd))]
    rows = [*world.rows, lone, *copies]
    taxonomy = Taxonomy.from_paths(path for row in rows for path in row.product.category_paths)
    found = observe(rows, taxonomy)
    evidence = gather(found, Silent(), threads=1)
    at = len(world.rows)
    assert not evidence.judged[at + 1]
    others = evidence.features[at + 1][:, [name != "duplicates" for name in FEATURES]]
    assert not others.any()
    assert Duplicates(found).most(at + 1, 1)[0] in evidence.positions[at + 1]


def test_strangers_stand_for_all_that_nothing_recalled(world: World) -> None:
    odd = [Row(900 + i, product(f"o{i}", f"odd{i} odd", f"Other > Odd {i:02d}")) for i in range(60)]
    rows = [*world.rows, *odd]
    taxonomy = Taxonomy.from_paths(path for row in rows for path in row.product.category_paths)
    evidence = gather(observe(rows, taxonomy), Silent(), threads=1)
    assert (evidence.stand_for[:, 0] == 1).all()
    for positions, stand_for in zip(evidence.positions, evidence.stand_for, strict=True):
        assert stand_for[positions >= 0].sum() == pytest.approx(len(taxonomy))
