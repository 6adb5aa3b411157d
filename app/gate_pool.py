"""Products that an audit of the gate draws from: of a catalog, or of what a batch has accepted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.case import Recommendation
from app.validation import ValidationRow
from audit.gate.drift import Sample
from audit.gate.evidence import Doubles
from audit.gate.sampling import drawn
from catalog.chunks import chunked
from catalog.errors import CatalogError, SettingsError
from catalog.product import Product, Row, RowError
from catalog.progress import Advance, Progress
from catalog.reader import count_rows, read_catalog
from graph.batch.ledger import LEDGER_NAME
from graph.batch.results import read_verdicts
from graph.batch.schema import ERROR_STATUS
from graph.context import Context, Experts
from graph.gate import Router

# Category that a batch accepted, by product id; None where it did not accept.
Claims = Mapping[str, str | None]

_CHUNK = 1024


@dataclass(frozen=True)
class PoolJob:
    """Where products come from.

    Attributes:
        source: a catalog, or the folder of a batch.
        catalog: what the batch read; None for a catalog.
        columns: our column name to the catalog's.
        products: at most this many are drawn.
    """

    source: Path
    catalog: Path | None
    columns: Mapping[str, str]
    products: int
    seed: int


@dataclass(frozen=True)
class Pool:
    """Attributes:
    products: drawn at random.
    recommendations: of the domain expert, parallel to the products.
    claims: the accepted category of each; None where the gate holds it back.
    trained: rows left out because the workspace was trained or calibrated on them.
    errors: rows that cannot be read.
    """

    products: Sequence[Product]
    recommendations: Sequence[Recommendation]
    claims: Sequence[str | None]
    trained: int
    errors: int

    @property
    def confidences(self) -> Doubles:
        """(n,)"""
        return np.asarray([r.confidence for r in self.recommendations], dtype=np.float64)

    @property
    def sample(self) -> Sample:
        """How sure the domain expert is, and of what."""
        return Sample(self.confidences, [r.candidates[0].category_path for r in self.recommendations])

    @property
    def accepted(self) -> list[int]:
        """Places of the accepted products."""
        return [i for i, claim in enumerate(self.claims) if claim is not None]


@dataclass
class _Stream:
    """Readable products that the workspace has not seen; counts the others."""

    rows: Iterator[Row | RowError]
    seen: frozenset[tuple[str, str]]
    claims: Claims | None
    advance: Advance
    trained: int = 0
    errors: int = 0

    def __iter__(self) -> Iterator[Product]:
        for item in self.rows:
            self.advance(1)
            if not isinstance(item, Row):
                self.errors += 1
            elif (item.product.product_id, item.product.title) in self.seen:
                self.trained += 1
            elif self.claims is None or item.product.product_id in self.claims:
                yield item.product


def read_pool(
    job: PoolJob, experts: Experts, validation: Sequence[ValidationRow], top_k: int, progress: Progress
) -> Pool:
    """Draw products and have the domain expert recommend.

    Raises:
        CatalogError: the catalog cannot be read, or nothing is left of it.
        SettingsError: a batch is named without its catalog.
        WorkspaceError: the batch is damaged.
    """
    catalog, claims = _named(job)
    rows, seen = read_catalog(catalog, columns=job.columns), _seen(experts, validation)
    with progress.task("reading", count_rows(catalog)) as advance:
        stream = _Stream(rows, seen, claims, advance)
        products = drawn(stream, job.products, np.random.default_rng(job.seed))
    if not products:
        raise CatalogError(
            f"`{catalog}` has no product to audit: {stream.errors:,} rows cannot be read, "
            f"{stream.trained:,} were trained on.",
            fix="Give products that the workspace has not seen.",
        )
    recommendations = _recommended(products, experts, top_k, progress)
    accepted = _accepted(products, recommendations, experts, claims)
    return Pool(products, recommendations, accepted, stream.trained, stream.errors)


def _named(job: PoolJob) -> tuple[Path, Claims | None]:
    """The catalog to read, and what a batch made of it."""
    if not (job.source / LEDGER_NAME).is_file():
        return job.source, None
    if job.catalog is None:
        raise SettingsError(
            f"`{job.source}` is a batch, which keeps no products.", fix="Name what it read with `--catalog`."
        )
    return job.catalog, {
        verdict["product_id"]: verdict["category_path"] if verdict["status"] == "accepted" else None
        for verdict in read_verdicts(job.source)
        if verdict["status"] != ERROR_STATUS
    }


def _seen(experts: Experts, validation: Sequence[ValidationRow]) -> frozenset[tuple[str, str]]:
    """Ids alone may be another catalog's."""
    examples = experts.domain_expert.examples
    held_out = ((row.product.product_id, row.product.title) for row in validation)
    return frozenset(zip(examples.product_ids, examples.titles, strict=True)) | frozenset(held_out)


def _recommended(
    products: Sequence[Product], experts: Experts, top_k: int, progress: Progress
) -> list[Recommendation]:
    found: list[Recommendation] = []
    with progress.task("recommending", len(products)) as advance:
        for chunk in chunked(products, _CHUNK):
            found += experts.domain_expert(chunk, k=top_k)
            advance(len(chunk))
    return found


def _accepted(
    products: Sequence[Product],
    recommendations: Sequence[Recommendation],
    experts: Experts,
    claims: Claims | None,
) -> list[str | None]:
    if claims is not None:
        return [claims[product.product_id] for product in products]
    sure = Router(experts).sure(products, recommendations, Context())
    pairs = zip(recommendations, sure, strict=True)
    return [r.candidates[0].category_path if is_sure else None for r, is_sure in pairs]
