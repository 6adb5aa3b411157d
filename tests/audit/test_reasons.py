import pytest

from audit.observations import observe
from audit.out_of_fold import gather
from audit.reasons import Reasons
from audit.run import Judgement
from catalog.product import Row
from catalog.progress import Silent
from tests.audit.conftest import World, product

HOSES, SPRINKLERS = "Garden > Watering > Hoses", "Garden > Watering > Sprinklers"


@pytest.fixture(scope="module")
def reasons(judgement: Judgement) -> Reasons:
    return Reasons(judgement.observations, judgement.evidence)


def test_neighbours_and_words_are_named(judgement: Judgement, reasons: Reasons) -> None:
    """The first product is a hose that stands under the sprinklers."""
    said = reasons(0, judgement.observations.taxonomy.require(HOSES))
    assert len(said) == 2
    assert said[0].endswith("of the 6 nearest products under 'Hoses', none under the given one.")
    assert said[1] == "Title words 'nozzle', 'flexible', 'reel' speak for 'Hoses'."


def test_nothing_is_made_up_for_a_category_that_nothing_speaks_for(
    judgement: Judgement, reasons: Reasons
) -> None:
    beds = judgement.observations.taxonomy.require("Pets > Dogs > Beds")
    assert reasons(0, beds) == ("The out-of-fold model prefers 'Beds'.",)


def test_copies_that_stand_elsewhere_are_counted(world: World) -> None:
    paths = (HOSES, HOSES, HOSES, SPRINKLERS, SPRINKLERS)
    copies = [Row(900 + i, product(f"c{i}", "plastic thing", path)) for i, path in enumerate(paths)]
    found = observe([*world.rows, *copies], world.taxonomy)
    reasons = Reasons(found, gather(found, Silent(), threads=1))
    hoses, last = world.taxonomy.require(HOSES), len(found) - 1
    said = "3 products with the same title words under 'Hoses', 1 under the given one."
    assert reasons(last, hoses)[0] == said
    assert reasons.contradicted(last)
    assert not reasons.contradicted(len(world.rows))
    assert not reasons.contradicted(0)
