"""Where a batch stands and what it came to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from agents.llm.prices import CURRENCY
from agents.llm.usage import Usage
from catalog.product import RowErrorKind
from graph.batch.answers import Paid, added
from graph.batch.latency import TOTAL, quantile
from graph.batch.ledger import ChunkDone, EndReason
from graph.batch.schema import ERROR_STATUS

K = TypeVar("K")
_SUMS = ("rows", "copied", "calls", "tokens_in", "tokens_out", "tokens_cached", "cache_hits")
Reason = EndReason | Literal["running", "unfinished"]


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a chunk.

    Attributes:
        rows: rows in the output, those of earlier runs included.
        total: rows in the end, None when unknown.
        rows_per_second: of this run.
        accepted: share of the products that stopped at the gate: they needed no general expert.
        latency_ms: of a product, over all nodes; None while nothing is measured.
        paid: USD so far, answers that are not written yet included; None without a price.
        errors: error rows by kind.
        eta_seconds: None when unknown.
    """

    rows: int
    total: int | None
    rows_per_second: float
    accepted: float
    latency_ms: "Quantiles | None"
    paid: float | None
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
        copied: rows whose verdict was taken over from an earlier batch.
        calls, tokens_in, tokens_out, tokens_cached, cost: what the language model took over all runs, for
            answers that could not be used and for those that wait for their chunk too; `cost` in
            `currency`, the machine's time included where it has a price, None where there is no price.
        prefix_hit_rate: share of `tokens_in` that was kept from an earlier request.
        cache_hits: questions that the answer cache knew, so that nothing was asked.
        latency_ms: by node, and `total`.
        seconds: working time of all runs.
        reason: why the latest run ended: `complete`, `limit`, `stopped` (was asked to), `max_errors`,
            `max_cost`; or `running`; or `unfinished`: it was killed, or a part is damaged.
        stopped: rows are left to do, and the same run again carries on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    errors: int
    errors_by_kind: dict[RowErrorKind, int]
    statuses: dict[str, int]
    shares: dict[str, float]
    copied: int
    calls: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    prefix_hit_rate: float
    cache_hits: int
    cost: float | None
    currency: str = CURRENCY
    latency_ms: dict[str, Quantiles]
    seconds: float
    rows_per_second: float
    reason: Reason
    stopped: bool


@dataclass
class Tally:
    """Running totals over chunks.

    Attributes:
        kept: what was paid for answers whose chunk is not done.
    """

    rows: int = 0
    copied: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cache_hits: int = 0
    cost: float | None = None
    kept: Paid = field(default_factory=Paid)
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
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + sign * getattr(done, name))
        self.cost = added(self.cost, None if done.cost is None else sign * done.cost)
        _count(self.statuses, done.statuses, sign)
        _count(self.errors, done.errors, sign)
        for node, histogram in done.latency.items():
            _count(self.latency.setdefault(node, Counter()), histogram, sign)
            self.latency = {node: counts for node, counts in self.latency.items() if counts}

    @property
    def accepted(self) -> float:
        """Share of the products without error that the gate let out."""
        return self.statuses["accepted"] / max(1, self.rows - self.errors.total())

    @property
    def latency_ms(self) -> Quantiles | None:
        """Of a product, over all nodes."""
        return _quantiles(self.latency[TOTAL]) if TOTAL in self.latency else None

    def summary(self, reason: Reason, seconds: float) -> RunSummary:
        statuses = dict(sorted(self.statuses.items()))
        used = self.kept.usage + Usage(**{name: getattr(self, name) for name in Usage.model_fields})
        return RunSummary(
            rows=self.rows,
            errors=self.statuses[ERROR_STATUS],
            errors_by_kind=dict(sorted(self.errors.items())),
            statuses=statuses,
            shares={status: count / self.rows for status, count in statuses.items()},
            copied=self.copied,
            calls=used.calls,
            tokens_in=used.tokens_in,
            tokens_out=used.tokens_out,
            tokens_cached=used.tokens_cached,
            prefix_hit_rate=used.prefix_hit_rate,
            cache_hits=used.cache_hits,
            cost=added(self.cost, self.kept.cost),
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
