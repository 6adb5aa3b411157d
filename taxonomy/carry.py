"""Labels carried over a crosswalk: each is mapped, or it becomes an open case; none is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import LABEL_SEPARATOR
from taxonomy.crosswalk import Crosswalk

Origin = Literal["label", "correction", "verdict", "example", "validation", "decision"]


class OpenCase(BaseModel):
    """A label that a person must carry.

    Attributes:
        new_category_path: to be filled in; a file with it filled in is a file of decisions.
        choices: what it may be, joined with `|`.
        origin: what held the label.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product_id: str = Field(min_length=1)
    title: str = ""
    old_category_path: str = Field(min_length=1)
    new_category_path: str = ""
    choices: str = ""
    reason: str = ""
    origin: Origin = "label"


@dataclass(frozen=True)
class CarriedLabels:
    """Attributes:
    paths: new labels, in order, each once.
    open: what could not be carried.
    """

    paths: tuple[str, ...]
    open: tuple[OpenCase, ...]


@dataclass(frozen=True)
class Carrier:
    """A crosswalk, and what people decided about single products.

    Attributes:
        decisions: new path by product id and old path.
    """

    crosswalk: Crosswalk
    decisions: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def labels(
        self, product_id: str, title: str, paths: Iterable[str], origin: Origin = "label"
    ) -> CarriedLabels:
        """The labels of one product: a decision before the crosswalk."""
        kept: list[str] = []
        cases: list[OpenCase] = []
        for path in paths:
            carried = self.crosswalk.carry(path)
            target = self.decisions.get((product_id, path)) or carried.target
            if target:
                kept.append(target)
                continue
            cases.append(
                OpenCase(
                    product_id=product_id,
                    title=title,
                    old_category_path=path,
                    choices=LABEL_SEPARATOR.join(carried.choices),
                    reason=carried.reason,
                    origin=origin,
                )
            )
        return CarriedLabels(tuple(dict.fromkeys(kept)), tuple(cases))


def once_each(cases: Iterable[OpenCase]) -> list[OpenCase]:
    """One case a product and label, the first that came."""
    found: dict[tuple[str, str], OpenCase] = {}
    for case in cases:
        found.setdefault((case.product_id, case.old_category_path), case)
    return list(found.values())


def decisions_of(cases: Sequence[OpenCase]) -> dict[tuple[str, str], str]:
    """What was filled in."""
    return {
        (case.product_id, case.old_category_path): case.new_category_path
        for case in cases
        if case.new_category_path
    }
