"""What an audit has seen of accepted products: the auditor's votes, and the truth where it is known."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Asked:
    """Accepted products that the auditor was asked about.

    Attributes:
        confidences: of the domain expert, (n,).
        agrees: whether the auditor came to the accepted category, (n,).
        groups: the gate's group of each, (n,).
    """

    confidences: Doubles
    agrees: Bools
    groups: Names

    def __len__(self) -> int:
        return len(self.confidences)

    def only(self, keep: Bools) -> Self:
        """The rows where `keep`, (n,), holds."""
        return type(self)(*(getattr(self, part.name)[keep] for part in fields(self)))


@dataclass(frozen=True)
class Judged(Asked):
    """Accepted products whose label is known.

    Attributes:
        right: whether the accepted category is the label, (n,).
    """

    right: Bools


@dataclass(frozen=True)
class Evidence:
    """Everything that an estimate rests on.

    Attributes:
        asked: a random sample of accepted products without label.
        labelled: a random sample of accepted products with one; with nothing asked, their `agrees` is not
            read.
        calibration: accepted validation rows, which tell how often the auditor errs; right and wrong ones
            may be drawn at different rates.
    """

    asked: Asked
    labelled: Judged
    calibration: Judged

    @property
    def confidences(self) -> Doubles:
        """Of the audited products, (n,)."""
        return np.concatenate([self.asked.confidences, self.labelled.confidences])

    @property
    def groups(self) -> list[str]:
        """The audited products' groups, each once, in order."""
        return sorted({*self.asked.groups.tolist(), *self.labelled.groups.tolist()})

    def above(self, threshold: float) -> "Evidence":
        """Of the products that a gate at this threshold would accept, the auditor's errors included."""
        return Evidence(
            self.asked.only(self.asked.confidences >= threshold),
            self.labelled.only(self.labelled.confidences >= threshold),
            self.calibration.only(self.calibration.confidences >= threshold),
        )

    def of_group(self, name: str) -> "Evidence":
        """Of one group; the auditor is taken to err alike in all, because one alone has too few mistakes."""
        asked = self.asked.only(self.asked.groups == name)
        return Evidence(asked, self.labelled.only(self.labelled.groups == name), self.calibration)


def asked(confidences: npt.ArrayLike, agrees: npt.ArrayLike, groups: Sequence[str]) -> Asked:
    """From plain lists of the same length."""
    return Asked(_doubles(confidences), np.asarray(agrees, dtype=bool), _names(groups))


def judged(
    confidences: npt.ArrayLike, agrees: npt.ArrayLike, groups: Sequence[str], right: npt.ArrayLike
) -> Judged:
    """From plain lists of the same length."""
    agreed = np.asarray(agrees, dtype=bool)
    return Judged(_doubles(confidences), agreed, _names(groups), np.asarray(right, dtype=bool))


def _doubles(values: npt.ArrayLike) -> Doubles:
    return np.asarray(values, dtype=np.float64)


def _names(values: Sequence[str]) -> Names:
    return np.asarray(list(values), dtype=object)
