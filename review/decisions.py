"""Decisions of the queue as corrections."""

from collections.abc import Iterable, Iterator

from review.case import CaseSource, Entry
from review.corrections import Correction, CorrectionSource

_SOURCES: dict[CaseSource, CorrectionSource] = {
    "batch": "review",
    "audit": "audit",
    "chat": "chat",
}


def corrections_of(entries: Iterable[Entry]) -> Iterator[Correction]:
    """One a decided case; open and skipped ones say nothing about a label."""
    for entry in entries:
        if entry.chosen_path:
            yield Correction(
                product_id=entry.case.product.product_id,
                title=entry.case.product.title,
                old_category_path=entry.case.given_path,
                new_category_path=entry.chosen_path,
                source=_SOURCES[entry.case.source],
                reviewer=entry.reviewer,
                time=entry.decided,
            )
