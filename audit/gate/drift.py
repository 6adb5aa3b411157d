"""Are new products still like the rows that the gate rests on: how sure the expert is, and of what.

Three things are compared; each alarms only when its p-value is at most `LEVEL` / 3 and the difference is
large enough to matter, so all together raise a false alarm in at most `LEVEL` of the audits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import ks_2samp

from audit.gate.evidence import Doubles
from audit.gate.shift import Counts, permutation_p, stability_index, total_variation
from catalog.product import PATH_SEPARATOR

What = Literal["confidence", "department", "category"]

LEVEL = 0.01
MIN_ROWS = 50
# The least difference that matters: of the stability index, and as a share of products.
_INDEX = 0.1
_SHARE = 0.1
_BINS = 10
_TOP = 30
_REASONS = 3
_OTHER = "all other categories"


@dataclass(frozen=True)
class Sample:
    """Attributes:
    confidences: of the domain expert, (n,).
    paths: first candidates, (n,); empty strings where they were not kept.
    """

    confidences: Doubles
    paths: Sequence[str]


class Shift(BaseModel):
    """How one thing differs between the calibration part and the new products.

    Attributes:
        distance: largest difference of the cumulative distributions (Kolmogorov and Smirnov) for
            confidences, total variation for the mix; 0 to 1.
        index: population stability index.
        p_value: chance of such a difference without drift.
        reasons: what changed most, in words; empty without alarm.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: What
    distance: float
    index: float
    p_value: float
    alarm: bool
    reasons: tuple[str, ...] = ()


class Drift(BaseModel):
    """Attributes:
    reference, rows: products compared, of the calibration part and new ones.
    note: what could not be compared, and why; or empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: int
    rows: int
    shifts: tuple[Shift, ...] = ()
    note: str = ""

    @property
    def alarm(self) -> bool:
        return any(shift.alarm for shift in self.shifts)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(reason for shift in self.shifts for reason in shift.reasons)


def drift_between(reference: Sample, new: Sample, seed: int = 0) -> Drift:
    """Compare new products with the calibration part.

    Args:
        seed: of the permutations.
    """
    sizes = len(reference.paths), len(new.paths)
    if min(sizes) < MIN_ROWS:
        note = f"Too few products to compare: {sizes[0]} and {sizes[1]}, {MIN_ROWS} each are the least."
        return Drift(reference=sizes[0], rows=sizes[1], note=note)
    shifts = [_confidence_shift(reference.confidences, new.confidences)]
    if not all(reference.paths):
        note = "The workspace does not keep first candidates, so the mix of categories is not compared."
        return Drift(reference=sizes[0], rows=sizes[1], shifts=tuple(shifts), note=note)
    rng = np.random.default_rng(seed)
    departments = [[path.split(PATH_SEPARATOR, 1)[0] for path in s.paths] for s in (reference, new)]
    shifts.append(_mix_shift("department", departments[0], departments[1], rng))
    shifts.append(_mix_shift("category", reference.paths, new.paths, rng))
    return Drift(reference=sizes[0], rows=sizes[1], shifts=tuple(shifts))


def _confidence_shift(reference: Doubles, new: Doubles) -> Shift:
    test = ks_2samp(reference, new, method="asymp")
    index = stability_index(*_binned(reference, new))
    distance, chance = float(test.statistic), float(test.pvalue)
    alarm = chance <= LEVEL / 3 and (index >= _INDEX or distance >= _SHARE)
    at = float(test.statistic_location)
    was, now = (float((values <= at).mean()) for values in (reference, new))
    reason = f"{now:.0%} of products have a confidence of at most {at:.2f}, against {was:.0%}"
    return Shift(
        what="confidence",
        distance=distance,
        index=index,
        p_value=chance,
        alarm=alarm,
        reasons=(reason,) if alarm else (),
    )


def _mix_shift(what: What, reference: Sequence[str], new: Sequence[str], rng: np.random.Generator) -> Shift:
    was, now = Counter(reference), Counter(new)
    # The bins depend on both samples together only, so dealing products anew leaves them as they are.
    names = [name for name, _ in sorted((was + now).items(), key=lambda item: (-item[1], item[0]))[:_TOP]]
    old, fresh = _counts(was, names), _counts(now, names)
    distance, chance = total_variation(old, fresh), permutation_p(old, fresh, rng)
    alarm = chance <= LEVEL / 3 and distance >= _SHARE
    return Shift(
        what=what,
        distance=distance,
        index=stability_index(old, fresh),
        p_value=chance,
        alarm=alarm,
        reasons=_told([*names, _OTHER], old, fresh) if alarm else (),
    )


def _counts(counter: Mapping[str, int], names: Sequence[str]) -> Counts:
    known = [counter.get(name, 0) for name in names]
    return np.asarray([*known, sum(counter.values()) - sum(known)], dtype=np.int64)


def _told(names: Sequence[str], reference: Counts, new: Counts) -> tuple[str, ...]:
    """The bins whose shares moved most."""
    was, now = reference / reference.sum(), new / new.sum()
    order = np.argsort(-np.abs(now - was), kind="stable")[:_REASONS].tolist()
    return tuple(
        f"share of {names[i]!r} {'rose' if now[i] > was[i] else 'fell'} from {was[i]:.1%} to {now[i]:.1%}"
        for i in order
        if now[i] != was[i]
    )


def _binned(reference: Doubles, new: Doubles) -> tuple[Counts, Counts]:
    """Both over the reference's tenths."""
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bins = len(edges) + 1
    old, fresh = (np.bincount(np.searchsorted(edges, v), minlength=bins) for v in (reference, new))
    return old, fresh
