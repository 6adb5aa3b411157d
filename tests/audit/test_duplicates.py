import numpy as np
import pytest

from audit.duplicates import Duplicates
from audit.observations import observe
from catalog.product import Row
from tests.audit.conftest import World, product

SPADES, BEDS, CHEF = "Garden > Tools > Spades", "Pets > Dogs > Beds", "Kitchen > Knives > Chef"


def test_copies_are_counted_without_the_product_itself(world: World) -> None:
    first = len(world.rows)
    paths = [(BEDS,), (BEDS,), (SPADES,), (BEDS, CHEF)]
    copies = [Row(900 + i, product(f"c{i}", "same title words", *p)) for i, p in enumerate(paths)]
    found = observe([*world.rows, *copies], world.taxonomy)
    beds, spades, chef = (world.taxonomy.require(path) for path in (BEDS, SPADES, CHEF))
    duplicates = Duplicates(found)
    assert dict(duplicates.counts[first]) == {beds: 2, spades: 1, chef: 1}
    assert dict(duplicates.counts[first + 2]) == {beds: 3, chef: 1}
    # The other label of one product is no witness for or against its first.
    assert dict(duplicates.counts[first + 3]) == {beds: 2, spades: 1}
    assert duplicates.most(first + 2, 1) == [beds]


def test_shares_are_smoothed_and_silent_without_copies(world: World) -> None:
    first = len(world.rows)
    copies = [Row(900 + i, product(f"c{i}", "same title words", p)) for i, p in enumerate((BEDS, SPADES))]
    found = observe([*world.rows, *copies], world.taxonomy)
    beds, spades = world.taxonomy.require(BEDS), world.taxonomy.require(SPADES)
    duplicates = Duplicates(found)
    assert first - 1 not in duplicates.counts
    assert duplicates.most(first - 1, 3) == []
    shares = duplicates.at(np.tile([beds, spades], (len(found), 1)))
    assert shares[first - 1].tolist() == [0.0, 0.0]
    assert np.exp(shares[first]).tolist() == pytest.approx([0.05, 0.55])


def test_a_product_with_two_labels_is_no_copy_of_itself(world: World) -> None:
    rows = [*world.rows, Row(900, product("two", "nothing like it", BEDS, CHEF))]
    assert len(world.rows) not in Duplicates(observe(rows, world.taxonomy)).counts
