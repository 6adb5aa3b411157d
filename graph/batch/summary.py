"""Where a batch stands and what it came to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from catalog.product import RowErrorKind
from graph.batch.latency import quantile
from graph.batch.ledger import ChunkDone, EndReason
from graph.batch.schema import ERROR_STATUS

K = TypeVar("K")
Reason = EndReason | Literal["unfinished"]


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a chunk.

    Attributes:
        rows: rows in the output, those of earlier runs included.
        total: rows in the end, None when unknown.
        rows_per_second: of this run.
        accepted: share of the products that stopped at the gate: they needed no general expert.
        errors: error rows by kind.
        eta_seconds: None when unknown.
    """

    rows: int
    total: int | None
    rows_per_second: float
    accepted: float
    errors: Mapping[RowErrorKind, int]
    eta_seconds: float | None


class Quantiles(BaseModel):
    """Milliseconds, to within 5%."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    p50: float
    p95: float


class RunSummary(BaseModel):
    """The whole output of a folder, over all its runs.

    Attributes:
        rows: rows in the output, `errors` of them error rows.
        statuses: rows by status, error rows as `error`; `shares` the same over all rows.
        latency_ms: by node, and `total`.
        seconds: working time of all runs.
        reason: why the latest run ended: `complete`, `limit`, `stopped` (was asked to), `max_errors`, or
            `unfinished`: it is still running, was killed, or a part is damaged.
        stopped: rows are left to do, and the same run again carries on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    errors: int
    errors_by_kind: dict[RowErrorKind, int]
    statuses: dict[str, int]
    shares: dict[str, float]
    tokens_in: int
    tokens_out: int
    latency_ms: dict[str, Quantiles]
    seconds: float
    rows_per_second: float
    reason: Reason
    stopped: bool


@dataclass
class Tally:
    """Running totals over chunks."""

    rows: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    errors: Counter[RowErrorKind] = field(default_factory=Counter)
    latency: dict[str, Counter[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, chunks: Iterable[ChunkDone]) -> "Tally":
        tally = cls()
        for done in chunks:
            tally.add(done)
        return tally

    def add(self, done: ChunkDone) -> None:
        self._count(done, 1)

    def remove(self, done: ChunkDone) -> None:
        """Takes back a chunk that was done again."""
        self._count(done, -1)

    def _count(self, done: ChunkDone, sign: int) -> None:
        self.rows += sign * done.rows
        self.tokens_in += sign * done.tokens_in
        self.tokens_out += sign * done.tokens_out
        _count(self.statuses, done.statuses, sign)
        _count(self.errors, done.errors, sign)
        for node, histogram in done.latency.items():
            _count(self.latency.setdefault(node, Counter()), histogram, sign)
            self.latency = {node: counts for node, counts in self.latency.items() if counts}

    @property
    def accepted(self) -> float:
        """Share of the products without error that the gate let out."""
        return self.statuses["accepted"] / max(1, self.rows - self.errors.total())

    def summary(self, reason: Reason, seconds: float) -> RunSummary:
        statuses = dict(sorted(self.statuses.items()))
        return RunSummary(
            rows=self.rows,
            errors=self.statuses[ERROR_STATUS],
            errors_by_kind=dict(sorted(self.errors.items())),
            statuses=statuses,
            shares={status: count / self.rows for status, count in statuses.items()},
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            latency_ms={node: _quantiles(counts) for node, counts in sorted(self.latency.items())},
            seconds=seconds,
            rows_per_second=self.rows / seconds if seconds else 0.0,
            reason=reason,
            stopped=reason not in ("complete", "limit"),
        )


def _count(into: Counter[K], counts: Mapping[K, int], sign: int) -> None:
    for key, count in counts.items():
        into[key] += sign * count
        if not into[key]:
            del into[key]


def _quantiles(histogram: Mapping[int, int]) -> Quantiles:
    return Quantiles(p50=quantile(histogram, 0.5), p95=quantile(histogram, 0.95))
