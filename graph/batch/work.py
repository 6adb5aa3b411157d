"""One chunk through the classifier: a verdict or an error for each of its rows."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalog.errors import DualExpertError, EncoderError, SettingsError, WorkspaceError
from catalog.product import Product, Row, RowError
from graph.batch.latency import histograms
from graph.batch.ledger import ChunkDone
from graph.batch.parts import digest
from graph.batch.plan import Chunk, product_id, products_crc
from graph.batch.schema import ERROR_STATUS, Answer, Outcome, encode_part
from graph.verdict import Verdict

Classify = Callable[[Sequence[Product]], Sequence[Verdict]]

# After one of these no row can succeed: going on would turn the whole catalog into error rows.
FATAL: tuple[type[DualExpertError], ...] = (WorkspaceError, SettingsError, EncoderError)

_MESSAGE_CHARS = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinishedChunk:
    """A part that is ready to be written, and its line in the ledger."""

    part: bytes
    done: ChunkDone


@dataclass(frozen=True)
class Worker:
    """Turns chunks into parts; used by several threads at once.

    Attributes:
        classify: products to verdicts, in the same order; may be called by several threads at once.
        known_categories: ids a verdict may hold.
        keep_latency: whether latencies go into the parts.
        clock: seconds since the run began.
    """

    classify: Classify
    known_categories: frozenset[str]
    keep_latency: bool
    clock: Callable[[], float]

    def finish(self, chunk: Chunk) -> FinishedChunk:
        """Classifies a chunk and encodes its part.

        When the classifier fails on the chunk, its rows are tried one by one, and only those that fail
        again become error rows of the kind `internal`.

        Raises:
            WorkspaceError, SettingsError, EncoderError: from the classifier; nothing can work.
        """
        outcomes = self._outcomes(chunk)
        part = encode_part(outcomes, keep_latency=self.keep_latency)
        return FinishedChunk(part, self._line(chunk, outcomes, digest(part)))

    def _outcomes(self, chunk: Chunk) -> list[Outcome]:
        results = iter(self._together([row.product for row in chunk.rows if isinstance(row, Row)]))
        return [self._outcome(row, next(results)) if isinstance(row, Row) else row for row in chunk.rows]

    def _together(self, products: list[Product]) -> list[Verdict | Exception]:
        if not products:
            return []
        try:
            return [*self._verdicts(products)]
        except FATAL:
            raise
        except Exception:
            _log.warning("A chunk failed; trying its %d products alone.", len(products), exc_info=True)
            return [self._alone(product) for product in products]

    def _alone(self, product: Product) -> Verdict | Exception:
        try:
            return self._verdicts([product])[0]
        except FATAL:
            raise
        except Exception as error:
            return error

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
        return Answer(row.number, result)

    def _line(self, chunk: Chunk, outcomes: list[Outcome], sha256: str) -> ChunkDone:
        verdicts = [outcome.verdict for outcome in outcomes if isinstance(outcome, Answer)]
        errors = Counter(outcome.kind for outcome in outcomes if isinstance(outcome, RowError))
        statuses = Counter[str](verdict.status for verdict in verdicts)
        statuses[ERROR_STATUS] = errors.total()
        return ChunkDone(
            chunk=chunk.number,
            first=outcomes[0].number,
            last=outcomes[-1].number,
            rows=len(outcomes),
            products=products_crc(chunk.rows),
            statuses=dict(sorted((+statuses).items())),
            errors=dict(sorted(errors.items())),
            tokens_in=sum(verdict.tokens_in for verdict in verdicts),
            tokens_out=sum(verdict.tokens_out for verdict in verdicts),
            latency=histograms(verdict.latency_ms for verdict in verdicts),
            sha256=sha256,
            elapsed=self.clock(),
        )


def _internal(row: Row, message: str) -> RowError:
    return RowError(row.number, product_id(row), "internal", message[:_MESSAGE_CHARS])
