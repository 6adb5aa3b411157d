"""One chunk through the classifier: a verdict or an error for each of its rows."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.llm.usage import Usage
from catalog.errors import DualExpertError, EncoderError, SettingsError, WorkspaceError
from catalog.product import Product, Row, RowError
from graph.batch.answers import Paid, answers_path, keeping_answers
from graph.batch.chunks import CatalogRow, Chunk, product_id, products_crc
from graph.batch.hashing import product_hash
from graph.batch.latency import histograms, merged
from graph.batch.ledger import ChunkDone
from graph.batch.parts import digest
from graph.batch.schema import ERROR_STATUS, Answer, Outcome, encode_part
from graph.batch.standing import Task
from graph.verdict import Verdict

Classify = Callable[[Sequence[Product]], Sequence[Verdict]]

# After one of these no row can succeed: going on would turn the whole catalog into error rows.
FATAL: tuple[type[DualExpertError], ...] = (WorkspaceError, SettingsError, EncoderError)

_MESSAGE_CHARS = 500
_log = logging.getLogger(__name__)


class Abandoned(Exception):
    """A chunk was left before its end; what was answered is in its answer log."""


@dataclass(frozen=True)
class FinishedChunk:
    """A part that is ready to be written, and its line in the ledger.

    Attributes:
        done: what is new, and no time; where verdicts of an earlier line were kept, its latencies and copies
            are in it.
    """

    part: bytes
    done: ChunkDone


@dataclass(frozen=True)
class Worker:
    """Turns tasks into parts; used by several threads at once, and sent to other processes.

    Attributes:
        classify: products to verdicts, in the same order; may be called by several threads at once.
        known_categories: ids a verdict may hold.
        keep_latency: whether latencies go into the parts.
        folder: of the output.
        salt: hash of all that an answer of the language model depends on beside the case.
    """

    classify: Classify
    known_categories: frozenset[str]
    keep_latency: bool
    folder: Path
    salt: str

    def finish(self, task: Task) -> FinishedChunk:
        """Classifies a chunk and encodes its part.

        When the classifier fails on the chunk, its halves are tried, and their halves, and only rows that
        fail alone become error rows of the kind `internal`.

        Raises:
            WorkspaceError, SettingsError, EncoderError: from the classifier; nothing can work.
            Abandoned: the classifier may not ask any further.
        """
        chunk, standing = task.chunk, task.standing
        with keeping_answers(answers_path(self.folder, chunk.number, chunk.attempt), self.salt) as log:
            fresh = self._fresh([row for row in chunk.rows if row.number not in standing])
        if log.failure:
            raise log.failure
        if log.abandoned:
            raise Abandoned
        outcomes = [standing.get(row.number) or fresh[row.number] for row in chunk.rows]
        part = encode_part(outcomes, keep_latency=self.keep_latency)
        verdicts = [outcome.verdict for outcome in fresh.values() if isinstance(outcome, Answer)]
        line = _line(chunk, outcomes, verdicts, log.paid)
        more = {"copied": line.copied + len(task.copied), "sha256": digest(part)}
        return FinishedChunk(part, line.model_copy(update=more))

    def _fresh(self, rows: Sequence[CatalogRow]) -> dict[int, Outcome]:
        results = iter(self._together([row.product for row in rows if isinstance(row, Row)]))
        return {
            row.number: self._outcome(row, next(results)) if isinstance(row, Row) else row for row in rows
        }

    def _together(self, products: list[Product]) -> list[Verdict | Exception]:
        """All at once; where that fails, by halves, until those that fail stand alone."""
        if not products:
            return []
        try:
            return [*self._verdicts(products)]
        except FATAL:
            raise
        except Exception as error:
            if len(products) == 1:
                return [error]
            _log.warning("%d products failed together; trying halves.", len(products), exc_info=True)
        middle = len(products) // 2
        return self._together(products[:middle]) + self._together(products[middle:])

    def _verdicts(self, products: list[Product]) -> Sequence[Verdict]:
        verdicts = self.classify(products)
        if [verdict.product_id for verdict in verdicts] != [product.product_id for product in products]:
            raise RuntimeError("the classifier did not answer each product in its place")
        return verdicts

    def _outcome(self, row: Row, result: Verdict | Exception) -> Outcome:
        if isinstance(result, Exception):
            return _internal(row, f"{type(result).__name__}: {result}")
        if result.category_id not in self.known_categories:
            return _internal(row, f"the verdict {result.category_id!r} is not in the taxonomy")
        return Answer(row.number, result, product_hash(row.product))


def _line(chunk: Chunk, outcomes: Sequence[Outcome], fresh: Sequence[Verdict], paid: Paid) -> ChunkDone:
    """The chunk's line, all but what only its part, its run and those who took verdicts over can tell."""
    errors = Counter(outcome.kind for outcome in outcomes if isinstance(outcome, RowError))
    statuses = Counter[str](outcome.verdict.status for outcome in outcomes if isinstance(outcome, Answer))
    statuses[ERROR_STATUS] = errors.total()
    usage = paid.usage if paid.usage.calls else _told(fresh)
    latency = histograms(verdict.latency_ms for verdict in fresh)
    return ChunkDone(
        chunk=chunk.number,
        first=outcomes[0].number,
        last=outcomes[-1].number,
        rows=len(outcomes),
        products=products_crc(chunk.rows),
        statuses=dict(sorted((+statuses).items())),
        errors=dict(sorted(errors.items())),
        **usage.model_dump(),
        cost=paid.cost,
        copied=chunk.keep.copied if chunk.keep else 0,
        latency=merged(chunk.keep.latency, latency) if chunk.keep else latency,
        sha256="",
        elapsed=0.0,
    )


def _told(verdicts: Sequence[Verdict]) -> Usage:
    """What the verdicts say was used, for a classifier that does not count."""
    return Usage(
        calls=sum(bool(verdict.model) for verdict in verdicts),
        tokens_in=sum(verdict.tokens_in for verdict in verdicts),
        tokens_out=sum(verdict.tokens_out for verdict in verdicts),
    )


def _internal(row: Row, message: str) -> RowError:
    return RowError(row.number, product_id(row), "internal", message[:_MESSAGE_CHARS])
