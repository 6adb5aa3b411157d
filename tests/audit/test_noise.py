import numpy as np
import pytest

from audit.noise import TIERS, NoiseModel, tier_chances
from retrieval.taxonomy import Taxonomy

TAXONOMY = Taxonomy.from_paths(["A > X > 1", "A > X > 2", "A > X > 3", "A > Y > 4", "B > Z > 5"])


def _channel(model: NoiseModel) -> np.ndarray:
    """P(given | right) of every pair, (given, right)."""
    labels, positions = np.arange(5), np.tile(np.arange(5), (5, 1))
    return model.channel(tier_chances(TAXONOMY, positions, labels), positions == labels[:, None])


def test_the_chances_of_all_labels_sum_to_one_where_every_tier_has_others() -> None:
    chances = _channel(NoiseModel(rate=0.2, shares=(0.5, 0.3, 0.2)))
    assert chances[:, :3].sum(axis=0) == pytest.approx([1.0, 1.0, 1.0])
    assert np.diag(chances) == pytest.approx([0.8] * 5)


def test_a_sibling_is_likelier_than_a_cousin_and_that_than_another_department() -> None:
    from_first = _channel(NoiseModel(rate=0.1, shares=(0.8, 0.1, 0.1)))[:, 0]
    assert from_first[1] == from_first[2] > from_first[3] > from_first[4] > 0


def test_the_given_label_strays_nowhere_and_padding_is_harmless() -> None:
    tiers = tier_chances(TAXONOMY, np.asarray([[0, 1, -1]]), np.asarray([0]))
    assert tiers.shape == (1, 3, len(TIERS))
    assert tiers[0, 0].tolist() == [0.0, 0.0, 0.0]
    assert tiers[0, 1].tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 4])
