"""Cases for the review queue, from what a batch and a label audit left undecided."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.export import JSON_FILE
from audit.suspicion import Audit, Suspicion
from catalog.errors import WorkspaceError
from catalog.product import Product, Row
from catalog.reader import read_catalog
from graph.batch.ledger import read_ledger
from graph.batch.results import read_verdicts
from retrieval.taxonomy import Taxonomy, derived_id
from review.case import Case, Choice
from review.queue import ReviewQueue

_STATUSES = ("review", "degraded")
_UNNAMED = "(title unknown)"


@dataclass(frozen=True)
class Filled:
    """Attributes:
    cases: undecided rows found.
    added: of them, those that the queue did not hold.
    """

    cases: int
    added: int


def fill_from_batch(
    queue: ReviewQueue,
    batch: Path,
    *,
    catalog: Path | None = None,
    columns: Mapping[str, str] = {},
    taxonomy: Path | None = None,
) -> Filled:
    """Put a batch's verdicts with the status `review` or `degraded` into the queue.

    Args:
        catalog: what the batch read, so that a case shows its product and its label; verdicts hold the id
            only.
        taxonomy: file of the workspace's taxonomy; without it, corrections are checked against the categories
            that the batch's verdicts name.

    Raises:
        WorkspaceError: the folder holds no batch, or a part of it is damaged.
        CatalogError: the catalog cannot be read.
    """
    verdicts, categories = _undecided(batch)
    if taxonomy is not None:
        categories |= {c.category_id: c.category_path for c in Taxonomy.load(taxonomy).categories}
    products = _products(catalog, columns, {v["product_id"] for v in verdicts}) if catalog else {}
    run = f"batch {batch.resolve().name} of {read_ledger(batch).starts[0].started}"
    cases = [_batch_case(run, verdict, products) for verdict in verdicts]
    return Filled(len(cases), queue.add(cases, categories))


def fill_from_audit(queue: ReviewQueue, folder: Path) -> Filled:
    """Put the suspicions of a label audit into the queue, the likeliest first.

    Raises:
        WorkspaceError: the folder holds no audit.
    """
    path = folder / JSON_FILE
    try:
        audit = Audit.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        fix = "Run `dual-expert audit CATALOG --out DIR` first."
        raise WorkspaceError(f"`{path}` is not the result of a label audit: {error}.", fix=fix) from error
    run = f"audit of {audit.catalog} at {audit.created}"
    cases = [_audit_case(run, suspicion) for suspicion in audit.suspicions]
    return Filled(len(cases), queue.add(cases, {derived_id(path): path for path in audit.categories}))


def _undecided(batch: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Verdicts to look at, and the path of every category that any verdict names, by id."""
    verdicts: list[dict[str, Any]] = []
    categories: dict[str, str] = {}
    for verdict in read_verdicts(batch):
        categories.update((c["category_id"], c["category_path"]) for c in verdict["candidates"])
        if verdict["status"] in _STATUSES:
            verdicts.append({name: value for name, value in verdict.items() if name != "row"})
    return verdicts, categories


def _products(catalog: Path, columns: Mapping[str, str], wanted: Iterable[str]) -> dict[str, Product]:
    ids = frozenset(wanted)
    return {p.product_id: p for p in _readable(catalog, columns) if p.product_id in ids}


def _readable(catalog: Path, columns: Mapping[str, str]) -> Iterator[Product]:
    """The batch has listed the rows that cannot be read."""
    for item in read_catalog(catalog, columns=columns):
        if isinstance(item, Row):
            yield item.product


def _batch_case(run: str, verdict: dict[str, Any], products: Mapping[str, Product]) -> Case:
    product_id = verdict["product_id"]
    product = products.get(product_id) or Product(product_id=product_id, title=_UNNAMED)
    choices = tuple(
        Choice(category_id=c["category_id"], category_path=c["category_path"], score=c["score"])
        for c in verdict["candidates"]
    )
    return Case(
        run=run,
        source="batch",
        product=product,
        given_path=next(iter(product.category_paths), ""),
        choices=choices,
        confidence=verdict["confidence"],
        reason=_reason(verdict),
        verdict=verdict,
    )


def _reason(verdict: Mapping[str, Any]) -> str:
    if verdict["status"] == "degraded":
        return f"The general expert gave no answer: {verdict['error']}"
    asked = "after deliberation" if verdict["model"] else "and no general expert was asked"
    return f"Confidence {verdict['confidence']:.2f} {asked}."


def _audit_case(run: str, suspicion: Suspicion) -> Case:
    # The label is offered too, so that one that was right after all is confirmed by its number.
    scores = {
        suspicion.proposed_path: suspicion.proposed_probability,
        suspicion.given_path: 1.0 - suspicion.probability,
    }
    return Case(
        run=run,
        source="audit",
        product=suspicion.product,
        given_path=suspicion.given_path,
        choices=tuple(
            Choice(category_id=derived_id(path), category_path=path, score=score)
            for path, score in scores.items()
        ),
        confidence=suspicion.proposed_probability,
        reason=" ".join(suspicion.why),
    )
