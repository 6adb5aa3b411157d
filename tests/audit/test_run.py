import csv
from pathlib import Path

import numpy as np
import pytest

from audit.observations import observe
from audit.run import Judgement, audit_labels, judge
from catalog import shop
from catalog.product import Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from retrieval.taxonomy import Taxonomy
from tests.audit.conftest import World, product


def test_planted_errors_come_first_with_the_true_path(world: World) -> None:
    audit = audit_labels(world.rows, world.taxonomy, Silent(), catalog="tiny", top=12, threads=1)
    named = {s.product.product_id: s.proposed_path for s in audit.suspicions}
    assert len(named.keys() & world.planted.keys()) >= 11
    assert all(named[i] == path for i, path in world.planted.items() if i in named)
    assert audit.noise_rate == pytest.approx(12 / 180, abs=0.03)
    assert audit.estimated == pytest.approx(12, abs=4)
    assert sum(d.labels for d in audit.departments) == audit.labels == 180
    assert audit.catalog == "tiny"


def test_suspicions_are_ranked_cut_and_explained(world: World) -> None:
    audit = audit_labels(world.rows, world.taxonomy, Silent(), catalog="tiny", top=5, threads=1)
    assert len(audit.suspicions) == 5
    probabilities = [s.probability for s in audit.suspicions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(s.why and s.given_path != s.proposed_path for s in audit.suspicions)
    rows = {row.product.product_id: row.number for row in world.rows}
    assert all(rows[s.product.product_id] == s.row for s in audit.suspicions)


def test_the_kind_says_where_the_proposal_is(world: World) -> None:
    audit = audit_labels(world.rows, world.taxonomy, Silent(), catalog="tiny", top=12, threads=1)
    kinds = {s.product.product_id: s.kind for s in audit.suspicions}
    assert kinds["p1"] == "sibling"  # hoses and sprinklers
    assert kinds["p61"] == "department"  # a spade under the hoses
    assert kinds["p151"] == "elsewhere"  # a dog bed under the hoses


def test_a_copy_elsewhere_makes_it_a_contradiction(world: World) -> None:
    beds = [Row(900 + i, product(f"c{i}", "dog bed memory foam", "Pets > Dogs > Beds")) for i in range(4)]
    wrong = Row(950, product("wrong", "Bed DOG foam memory", "Garden > Tools > Spades"))
    rows = [*world.rows, *beds, wrong]
    audit = audit_labels(rows, world.taxonomy, Silent(), catalog="tiny", top=20, threads=1)
    (found,) = [s for s in audit.suspicions if s.product.product_id == "wrong"]
    assert (found.kind, found.proposed_path) == ("duplicate", "Pets > Dogs > Beds")
    assert found.why[0].startswith("4 products with the same title words under")


def test_a_right_second_label_is_not_proposed(world: World) -> None:
    both = ("Kitchen > Knives > Chef", "Kitchen > Knives > Bread")
    rows = [*world.rows, Row(900, product("two", "steel knife blade loaf serrated forged", *both))]
    found = judge(observe(rows, world.taxonomy), Silent(), threads=1)
    chef, bread = (world.taxonomy.require(path) for path in both)
    assert found.proposed[-2] != bread
    assert found.proposed[-1] != chef


def test_the_same_catalog_gives_the_same_audit(judgement: Judgement) -> None:
    again = judge(judgement.observations, Silent(), threads=3)
    np.testing.assert_array_equal(again.wrong, judgement.wrong)
    np.testing.assert_array_equal(again.proposed, judgement.proposed)


def test_the_shipped_catalogs_planted_errors_are_found() -> None:
    rows = [row for row in read_catalog(shop.train_path(), labelled=True) if isinstance(row, Row)]
    with (Path(shop.__file__).parent / "planted_errors.csv").open(encoding="utf-8") as file:
        true_paths = {line["product_id"]: line["true_path"] for line in csv.DictReader(file)}
    taxonomy = Taxonomy.from_paths(path for row in rows for path in row.product.category_paths)
    audit = audit_labels(rows, taxonomy, Silent(), catalog="shop", top=50, threads=1)
    found = [s for s in audit.suspicions if s.product.product_id in true_paths]
    # One in seventeen labels is wrong; of the first fifty suspicions at least three in five.
    assert len(found) >= 30
    assert np.mean([s.proposed_path == true_paths[s.product.product_id] for s in found]) > 0.7
    assert audit.noise_rate == pytest.approx(len(true_paths) / len(rows), abs=0.03)
