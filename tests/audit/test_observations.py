import numpy as np
import pytest

from audit.observations import FOLDS, Observations, observe
from catalog.errors import CatalogError
from catalog.product import Row
from retrieval.taxonomy import Taxonomy
from tests.audit.conftest import World, product


def test_every_label_is_an_observation(world: World) -> None:
    paths = ("Garden > Tools > Spades", "Kitchen > Knives > Chef")
    rows = [*world.rows, Row(900, product("two", "steel spade knife", *paths))]
    found = observe(rows, world.taxonomy)
    assert len(found) == len(world.rows) + 2
    last = len(found) - 1
    assert found.product(last) == found.product(last - 1) == rows[-1].product
    assert [found.taxonomy[int(p)].category_path for p in found.labels[-2:]] == list(paths)
    assert found.other_labels() == {
        last - 1: [int(found.labels[last])],
        last: [int(found.labels[last - 1])],
    }
    assert found.groups[last] == found.groups[last - 1]
    assert found.folds[last] == found.folds[last - 1]


def test_near_duplicates_share_a_fold(world: World) -> None:
    copies = [
        Row(900 + i, product(f"c{i}", f"{title} {i} kg", path))
        for i, (title, path) in enumerate(
            [("Best olive oil", "Garden > Tools > Spades"), ("oil OLIVE best", "Pets > Dogs > Beds")] * 3
        )
    ]
    found = observe([*world.rows, *copies], world.taxonomy)
    assert len(set(found.folds[-6:].tolist())) == len(set(found.groups[-6:].tolist())) == 1


def test_every_product_is_held_out_once(observations: Observations) -> None:
    assert set(observations.folds.tolist()) == set(range(FOLDS))


def test_a_single_product_of_a_category_has_a_fold_too(world: World) -> None:
    rows = [*world.rows, Row(900, product("lone", "odd thing", "Other > Odd"))]
    taxonomy = Taxonomy.from_paths(path for row in rows for path in row.product.category_paths)
    found = observe(rows, taxonomy)
    assert 0 <= found.folds[-1] < FOLDS
    assert np.sum(found.labels == found.labels[-1]) == 1


@pytest.mark.parametrize("many", [3, 30])
def test_too_little_is_refused(world: World, many: int) -> None:
    with pytest.raises(CatalogError, match="too few"):
        observe(world.rows[2 : 2 + many][:28], world.taxonomy)
