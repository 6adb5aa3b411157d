"""Other products with near-duplicate titles: under which categories they stand."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from audit.observations import Observations

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# A share of none is no proof, and a share of one product little.
_PRIOR = 0.1


class Duplicates:
    """What the near-duplicates of each observation stand under.

    Attributes:
        counts: by observation, products by taxonomy position; observations without a copy are absent.
    """

    def __init__(self, observations: Observations) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for i, group in enumerate(observations.groups.tolist()):
            members[group].append(i)
        self.counts: Mapping[int, Counter[int]] = {
            i: others
            for group in members.values()
            if len(group) > 1
            for i, others in _others(observations, group).items()
            if others
        }

    def most(self, i: int, k: int) -> list[int]:
        """The `k` categories that most copies stand under."""
        return [position for position, _ in self.counts[i].most_common(k)] if i in self.counts else []

    def at(self, positions: Ints) -> Floats:
        """Log of the share of copies under each candidate (n, m); 0 where there are no copies."""
        shares = np.zeros(positions.shape, dtype=np.float32)
        for i, counts in self.counts.items():
            votes = np.asarray([counts[position] for position in positions[i].tolist()])
            shares[i] = np.log((votes + _PRIOR) / (counts.total() + 1))
        return shares


def _others(observations: Observations, group: list[int]) -> dict[int, Counter[int]]:
    """Labels of the group's other products; a product's own further labels are no second witness."""
    labels = Counter(int(observations.labels[i]) for i in group)
    own: dict[int, Counter[int]] = defaultdict(Counter)
    for i in group:
        own[observations.rows[i].number][int(observations.labels[i])] += 1
    return {i: labels - own[observations.rows[i].number] for i in group}
