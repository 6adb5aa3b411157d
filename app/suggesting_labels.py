"""Choose the products of a catalog whose labels would teach the workspace most."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.domain_expert import DomainExpert
from catalog.errors import CatalogError
from catalog.product import Product, Row
from catalog.progress import Progress
from catalog.reader import read_catalog
from catalog.text import product_text
from retrieval.workspace import Workspace
from training.label_choice import Pool, Why, rows_to_label

_CHUNK = 512
_COLUMNS = (
    "product_id",
    "title",
    "description",
    "brand",
    "category_path",
    "suggested_category_path",
    "confidence",
    "why",
)


@dataclass(frozen=True)
class Suggestion:
    """Attributes:
    why: `category` (probably of a category without a labelled product), `typical` (stands for many products
        like it) or `doubt` (the domain expert wavers between categories).
    """

    product: Product
    category_path: str
    confidence: float
    why: Why


@dataclass(frozen=True)
class Suggestions:
    """Attributes:
    chosen: most worth a label first.
    pool: products without a label that they were chosen from.
    errors: rows that could not be read.
    """

    chosen: list[Suggestion]
    pool: int
    errors: int


def suggest(
    workspace: Path,
    catalog: Path,
    count: int,
    *,
    columns: Mapping[str, str],
    seed: int,
    device: str,
    threads: int | None,
    progress: Progress,
) -> Suggestions:
    """Rows of the catalog without a label, here or in the workspace.

    Raises:
        CatalogError: it has none.
    """
    expert = DomainExpert.open(Workspace(workspace), device=device, threads=threads)
    products, errors = _unlabelled(catalog, columns, frozenset(expert.examples.product_ids))
    if not products:
        raise CatalogError(
            f"`{catalog}` has no product without a label.",
            fix="Give products whose `category_path` is empty.",
        )
    pool, confidences = pool_of(expert, products, progress)
    with progress.task("choosing", None):
        rows = rows_to_label(pool, count, seed)
    chosen = [
        Suggestion(
            products[row], expert.taxonomy[int(pool.first[row])].category_path, float(confidences[row]), why
        )
        for row, why in rows
    ]
    return Suggestions(chosen, len(products), errors)


def pool_of(
    expert: DomainExpert, products: Sequence[Product], progress: Progress
) -> tuple[Pool, "np.ndarray[tuple[int], np.dtype[np.float32]]"]:
    """What to choose from, and the domain expert's confidence in each product's first candidate."""
    vectors, first, probabilities, doubts, confidences = [], [], [], [], []
    with progress.task("recommending", len(products)) as advance:
        for start in range(0, len(products), _CHUNK):
            chunk = products[start : start + _CHUNK]
            texts = [product_text(p) for p in chunk]
            found = expert.encoder.encode(texts)
            ranked = expert.scorer.rank(expert.recall(chunk, texts, found, 10), 10)
            shares = np.pad(ranked.probabilities, ((0, 0), (0, 1)))
            vectors.append(found)
            first.append(ranked.positions[:, 0])
            probabilities.append(shares[:, 0])
            doubts.append(1 - (shares[:, 0] - shares[:, 1]))
            confidences.append(expert.scorer.confidences(ranked))
            advance(len(chunk))
    pool = Pool(
        vectors=np.concatenate(vectors),
        first=np.concatenate(first),
        probabilities=np.concatenate(probabilities),
        doubts=np.concatenate(doubts),
        labelled=expert.recall.examples.vectors,
        unlabelled=np.setdiff1d(np.arange(len(expert.taxonomy)), expert.examples.positions),
    )
    return pool, np.concatenate(confidences)


def _unlabelled(
    catalog: Path, columns: Mapping[str, str], known: frozenset[str]
) -> tuple[list[Product], int]:
    products: list[Product] = []
    errors = 0
    for item in read_catalog(catalog, columns=columns):
        if not isinstance(item, Row):
            errors += 1
        elif not item.product.category_paths and item.product.product_id not in known:
            products.append(item.product)
    return products, errors


def write_suggestions(path: Path, chosen: Sequence[Suggestion]) -> None:
    """A CSV with an empty `category_path` to fill in; `dual-expert train` reads what was filled in."""
    beside = path.with_name(path.name + ".writing")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        for one in chosen:
            product = one.product
            writer.writerow(
                {
                    "product_id": product.product_id,
                    "title": product.title,
                    "description": product.description,
                    "brand": product.brand,
                    "category_path": "",
                    "suggested_category_path": one.category_path,
                    "confidence": f"{one.confidence:.4f}",
                    "why": one.why,
                }
            )
    os.replace(beside, path)
