"""What a batch says while it runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from catalog.progress import Advance, Progress
from graph.batch.ledger import read_ledger
from graph.batch.summary import Progress as Standing

_SECONDS_BETWEEN_LINES = 10.0


@dataclass
class Telling:
    """Passes on where the run stands: the count at once, the rest in a line now and then.

    Attributes:
        advance, deliberated: count rows, and products that the general expert is done with.
        shown: rows that were counted.
    """

    progress: Progress
    advance: Advance
    deliberated: Advance
    shown: int = 0
    due: float = field(default_factory=lambda: time.monotonic() + _SECONDS_BETWEEN_LINES)

    def standing(self, standing: Standing) -> None:
        """To be called after every chunk."""
        self.count(standing.rows)
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + _SECONDS_BETWEEN_LINES
            self.progress.say(line_of(standing))

    def count(self, rows: int) -> None:
        """So many rows are in the output."""
        self.advance(rows - self.shown)
        self.shown = rows


@contextmanager
def telling(progress: Progress, out: Path, total: int | None, limit: int | None) -> Iterator[Telling]:
    """The tasks of a batch on `progress`; rows that are in `out` already count as done."""
    shown = min((n for n in (total, limit) if n is not None), default=None)
    with (
        progress.task("classifying", shown) as advance,
        progress.task("deliberating", None) as deliberated,
    ):
        told = Telling(progress, advance, deliberated)
        told.count(sum(done.rows for done in read_ledger(out).chunks.values()))
        yield told


def line_of(standing: Standing) -> str:
    """Such as `81.3% stopped at the gate; p50 12 ms, p95 1,480 ms a product; 0.42 USD spent; errors:
    empty_title 3`."""
    parts = [f"{standing.accepted:.1%} stopped at the gate"]
    if standing.latency_ms:
        parts.append(
            f"p50 {standing.latency_ms.p50:,.0f} ms, p95 {standing.latency_ms.p95:,.0f} ms a product"
        )
    if standing.paid is not None:
        parts.append(f"{money(standing.paid)} spent")
    if standing.errors:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(standing.errors.items()))
        parts.append(f"errors: {kinds}")
    return "; ".join(parts)


def money(amount: float) -> str:
    """Such as `1,204.50 USD`, and `0.0042 USD` where cents would hide it."""
    return f"{amount:,.2f} USD" if amount == 0 or amount >= 1 else f"{amount:.4f} USD"
