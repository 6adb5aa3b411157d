"""How labels go wrong: seldom, and then mostly to a sibling.

P(given | right) is 1 − ε where the given label is right, else ε · Σ_t a_t · u_t(given | right), where u_t is
uniform over the other categories of tier t: same parent, same department, all of the taxonomy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from retrieval.taxonomy import Taxonomy

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TIERS: Final = ("sibling", "department", "elsewhere")


@dataclass(frozen=True)
class NoiseModel:
    """Attributes:
    rate: ε, share of wrong labels.
    shares: a, how wrong labels divide over `TIERS`; sums to 1.
    """

    rate: float
    shares: tuple[float, ...]

    def channel(self, tiers: Floats, given: npt.NDArray[np.bool_]) -> Floats:
        """P(given label | candidate is right), (n, m).

        Args:
            tiers: as `tier_chances` gives them, (n, m, 3).
            given: whether a candidate is the given label, (n, m).
        """
        strayed = self.rate * (tiers @ np.asarray(self.shares))
        result: Floats = np.where(given, 1 - self.rate, strayed)
        return result


def tier_chances(taxonomy: Taxonomy, positions: Ints, labels: Ints) -> Floats:
    """u_t(given label | candidate is right) of each tier, (n, m, 3); 0 where it is the given label.

    Args:
        positions: candidates, (n, m), -1 where padded.
        labels: given, (n,).
    """
    parents = _numbered([c.parent_path for c in taxonomy.categories])
    departments = _numbered([c.department for c in taxonomy.categories])
    everything = np.zeros(len(taxonomy), dtype=np.int64)
    safe = np.maximum(positions, 0)
    strays = safe != labels[:, None]
    return np.stack(
        [_uniform(of, safe, labels) * strays for of in (parents, departments, everything)], axis=-1
    )


def _uniform(of: Ints, positions: Ints, labels: Ints) -> Floats:
    """1 / (number of others in the candidate's set) where the label is in that set, (n, m)."""
    others = np.maximum(np.bincount(of)[of] - 1, 1)
    together = of[positions] == of[labels][:, None]
    result: Floats = np.where(together, 1.0 / others[positions], 0.0)
    return result


def _numbered(names: list[str]) -> Ints:
    numbers: dict[str, int] = {}
    return np.asarray([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
