"""Corrections of labels that a person has accepted, and what they make of a catalog."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import Product

CorrectionSource = Literal["audit", "review", "chat"]
CorrectionStatus = Literal["accepted", "proposed", "rejected"]
Outcome = Literal[
    "applied", "confirmed", "already", "stale", "contradictory", "unknown_product", "not_accepted"
]

# Outcomes that the user should look at: something was asked for and not done.
REFUSED: tuple[Outcome, ...] = ("stale", "contradictory", "unknown_product")


class Correction(BaseModel):
    """One label of one product, and what stands there from now on.

    Attributes:
        title: for people only; never compared.
        old_category_path: the label that it replaces; empty for a product that has none.
        new_category_path: equal to the old one when the label was looked at and found right.
        time: of the decision, ISO 8601; empty when unknown.
        status: only `accepted` ones change anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product_id: str = Field(min_length=1)
    title: str = ""
    old_category_path: str = ""
    new_category_path: str = Field(min_length=1)
    source: CorrectionSource
    reviewer: str = ""
    time: str = ""
    status: CorrectionStatus = "accepted"


@dataclass(frozen=True, slots=True)
class Judged:
    """A correction and what became of it; `why` is a sentence, empty where the outcome says it all."""

    correction: Correction
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class CorrectionsReport:
    """What became of every correction, in the order of the file.

    Attributes:
        new_categories: paths that were introduced: no product had them before.
    """

    judged: tuple[Judged, ...]
    new_categories: tuple[str, ...]

    def of(self, *outcomes: Outcome) -> list[Judged]:
        """Those with one of these outcomes."""
        return [one for one in self.judged if one.outcome in outcomes]

    @property
    def counts(self) -> dict[str, int]:
        """Corrections by outcome, those that occur."""
        counts: dict[str, int] = defaultdict(int)
        for one in self.judged:
            counts[one.outcome] += 1
        return dict(counts)

    def lines(self) -> list[str]:
        """A sentence for everything that was asked for and not done, and for each new category."""
        refused = [f"{one.correction.product_id!r}: {one.why}" for one in self.of(*REFUSED)]
        return refused + [
            f"{path!r} is a category that no product had before." for path in self.new_categories
        ]


def apply_corrections(
    products: Sequence[Product], corrections: Iterable[Correction]
) -> tuple[list[Product], CorrectionsReport]:
    """The products with their corrected labels, in order, and a word on every correction.

    Applied is only what a person accepted, once, about the label that still stands there. Of corrections
    that contradict each other none is applied; a stale one (the label was changed since) is not either.
    """
    given = list(corrections)
    accepted: dict[str, list[Correction]] = defaultdict(list)
    for correction in given:
        if correction.status == "accepted":
            accepted[correction.product_id].append(correction)
    known = {path for product in products for path in product.category_paths}
    outcomes: dict[Correction, Judged] = {}
    corrected = [_corrected(product, accepted.get(product.product_id, ()), outcomes) for product in products]
    judged = tuple(outcomes.get(one) or _left(one) for one in given)
    introduced = {one.correction.new_category_path for one in judged if one.outcome == "applied"} - known
    return corrected, CorrectionsReport(judged, tuple(sorted(introduced)))


def _corrected(
    product: Product, corrections: Sequence[Correction], outcomes: dict[Correction, Judged]
) -> Product:
    changes: dict[str, str] = {}
    for old, alike in _by_old(corrections).items():
        judged = _judge(product, old, alike)
        outcomes.update({one.correction: one for one in judged})
        if judged[0].outcome == "applied":
            changes[old] = alike[0].new_category_path
    return product.model_copy(update={"category_paths": _changed(product, changes)}) if changes else product


def _by_old(corrections: Sequence[Correction]) -> Mapping[str, list[Correction]]:
    groups: dict[str, list[Correction]] = defaultdict(list)
    for correction in corrections:
        groups[correction.old_category_path].append(correction)
    return groups


def _judge(product: Product, old: str, alike: Sequence[Correction]) -> list[Judged]:
    """One outcome for all corrections of one label."""
    wanted = sorted({one.new_category_path for one in alike})
    if len(wanted) > 1:
        why = f"{old!r} is to become {' and '.join(map(repr, wanted))}; keep one of these rows."
        return [Judged(one, "contradictory", why) for one in alike]
    outcome, why = _outcome(product, old, wanted[0])
    return [Judged(one, outcome, why) for one in alike]


def _outcome(product: Product, old: str, new: str) -> tuple[Outcome, str]:
    labels = product.category_paths
    if old in labels or (not old and not labels):
        return ("confirmed", "") if old == new else ("applied", "")
    if new in labels:
        return "already", ""
    stands = " | ".join(labels) or "no label"
    return "stale", f"the correction replaces {old!r}, but {stands!r} stands there now; review it again."


def _changed(product: Product, changes: Mapping[str, str]) -> tuple[str, ...]:
    labels = product.category_paths or ("",)
    return tuple(dict.fromkeys(changes.get(path, path) for path in labels))


def _left(correction: Correction) -> Judged:
    """A correction that no product came for."""
    if correction.status != "accepted":
        return Judged(correction, "not_accepted")
    return Judged(correction, "unknown_product", "no product of the catalog has this id.")
