import numpy as np
import pytest

from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from retrieval.taxonomy import Taxonomy
from training.selector.candidates import OutOfFold
from training.selector.lists import pair_lists

TITLES = ("olive oil 1 l", "olive oil 2 l", "sesame oil", "wooden spoon", "steel spoon")
TAXONOMY = Taxonomy.from_paths(["C > 0", "C > 1"])
RECOMMENDED = OutOfFold(np.asarray([0, 3]), np.asarray([[0, 1], [0, -1]]), np.asarray([0.5, 0.5], np.float32))


@pytest.fixture(scope="module")
def made(encoder, labelled):
    """The two lists, and the ids of the titles."""
    model, rows = (
        PairEncoder(encoder, PairRecord(max_tokens=32, evidence=1)),
        labelled(TITLES, [0, 0, 0, 1, 1]),
    )
    lists = pair_lists(model, rows, encoder.encode(rows.texts), TAXONOMY, RECOMMENDED, np.asarray([0, 1]))
    return lists, model.texts.tokenize(TITLES)


def holds(pair, title):
    return any(pair.ids[i : i + len(title)] == title for i in range(pair.product, len(pair.ids)))


def test_a_list_has_a_pair_for_every_candidate_and_says_which_are_right(made):
    lists, _ = made
    assert [list(one.right) for one in lists] == [[True, False], [False]]
    assert [len(one.pairs) for one in lists] == [2, 1]


def test_evidence_is_never_the_product_or_its_near_duplicate(made):
    (first, _), tokens = made
    own = first.pairs[0]
    assert holds(own, tokens[2])
    assert not holds(own, tokens[0])
    assert not holds(own, tokens[1])


def test_evidence_is_of_the_candidate(made):
    (_, second), tokens = made
    assert any(holds(second.pairs[0], tokens[i]) for i in (0, 1, 2))
    assert not any(holds(second.pairs[0], tokens[i]) for i in (3, 4))
