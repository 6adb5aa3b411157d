"""Accuracy after so many labels a category, chosen or drawn: the frozen encoder reads every text once."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from catalog.progress import Silent
from catalog.text import product_text
from evaluation.calibration import expected_calibration_error
from evaluation.metrics import accuracy, recall_at
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.index import Floats
from retrieval.recall import Recall
from retrieval.scorer import Ranked, Scorer
from retrieval.taxonomy import Taxonomy
from training.dataset import Dataset
from training.embedded import Embedded
from training.label_choice import Pool, rows_to_label
from training.recipes import recipe_named
from training.rows import labelled_rows
from training.steps import embed, fit_across

Ints = npt.NDArray[np.int64]

LABELS = (0, 1, 2, 4, 8, 16)
K = 10
_CHUNK = 1024


@dataclass(frozen=True)
class Texts:
    """Products with their vectors."""

    products: Sequence[Product]
    vectors: Floats

    @classmethod
    def of(cls, encoder: Encoder, products: Sequence[Product]) -> "Texts":
        return cls(products, encoder.encode([product_text(p) for p in products]))

    @cached_property
    def truths(self) -> list[frozenset[str]]:
        return [frozenset(p.category_paths) for p in self.products]


def frozen_encoder() -> Encoder:
    return load_encoder("embedded", device="cpu", max_tokens=64, threads=1)


def curve_points(
    encoder: Encoder, taxonomy: Taxonomy, own: Texts, asked: Texts, *, suggested: bool, seed: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Labels a category, and what is measured with so many; each point keeps the labels of the one before.

    Args:
        own: what may be labelled.
        asked: what is measured on.
    """
    chosen = np.zeros(0, np.int64)
    drawn = np.random.default_rng(seed).permutation(len(own.products))
    recall, scorer, checked = _expert(encoder, taxonomy, own, chosen)
    for labels in LABELS:
        missing = labels * len(taxonomy) - len(chosen)
        if missing:
            if suggested:
                more = _suggested(taxonomy, own, recall, scorer, chosen, missing, seed)
                chosen = np.concatenate([chosen, more])
            else:
                chosen = drawn[: labels * len(taxonomy)]
            recall, scorer, checked = _expert(encoder, taxonomy, own, chosen)
        known = {path for row in chosen.tolist() for path in own.products[row].category_paths}
        yield (
            labels,
            {
                "labelled": len(chosen),
                "categories_labelled": len(known),
                **_figures(taxonomy, asked, recall, scorer),
                "cross_fitted_accuracy": checked,
            },
        )


def _expert(
    encoder: Encoder, taxonomy: Taxonomy, own: Texts, chosen: Ints
) -> tuple[Recall, Scorer, float | None]:
    """Also the accuracy that training itself sees on its rows."""
    recipe = recipe_named("few-labels" if len(chosen) else "zero-shot", {"encoder": "embedded"})
    products = [own.products[row] for row in chosen.tolist()]
    data = Dataset(taxonomy, products, products, [])
    owners = np.repeat(chosen, [len(p.category_paths) for p in products])
    with tempfile.TemporaryDirectory() as folder:
        embedded = embed(
            encoder,
            "embedded",
            None,
            labelled_rows(replace(data, train=[])),
            taxonomy,
            recipe,
            Path(folder),
            Silent(),
        )
        given = replace(embedded.given, rows=labelled_rows(data))
        embedded = Embedded(given, own.vectors[owners])
        recall = embedded.recall()
        fitted = fit_across(embedded, recall, data, recipe, Silent())
    checked = round(float(fitted.right.mean()), 4) if len(fitted.right) else None
    return recall, fitted.scorer, checked


def _ranked(texts: Texts, recall: Recall, scorer: Scorer, rows: Ints) -> Iterator[Ranked]:
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        products = [texts.products[row] for row in some.tolist()]
        found = recall(products, [product_text(p) for p in products], texts.vectors[some], K)
        yield scorer.rank(found, K)


def _figures(taxonomy: Taxonomy, asked: Texts, recall: Recall, scorer: Scorer) -> dict[str, float]:
    rankings: list[list[str]] = []
    sure: list[Floats] = []
    for ranked in _ranked(asked, recall, scorer, np.arange(len(asked.products))):
        rankings += [[taxonomy[i].category_path for i in row if i >= 0] for row in ranked.positions.tolist()]
        sure.append(scorer.confidences(ranked))
    first = [ranking[0] for ranking in rankings]
    right = np.asarray([one in truth for one, truth in zip(first, asked.truths, strict=True)])
    confidences = np.concatenate(sure)
    return {
        "accuracy": round(accuracy(asked.truths, first).value, 4),
        "recall@10": round(recall_at(asked.truths, rankings)[10].value, 4),
        "mean_confidence": round(float(confidences.mean()), 4),
        "ece": round(expected_calibration_error(confidences, right), 4),
    }


def _suggested(
    taxonomy: Taxonomy, own: Texts, recall: Recall, scorer: Scorer, chosen: Ints, count: int, seed: int
) -> Ints:
    """As `dual-expert suggest-labels` names them, among the rows that are not chosen yet."""
    free = np.setdiff1d(np.arange(len(own.products)), chosen)
    parts = list(_ranked(own, recall, scorer, free))
    first = np.concatenate([ranked.positions[:, 0] for ranked in parts])
    shares = np.concatenate([ranked.probabilities[:, :2] for ranked in parts])
    pool = Pool(
        vectors=own.vectors[free],
        first=first,
        probabilities=shares[:, 0],
        doubts=1 - (shares[:, 0] - shares[:, 1]),
        labelled=own.vectors[chosen],
        unlabelled=np.setdiff1d(np.arange(len(taxonomy)), recall.labels),
    )
    return free[np.asarray([row for row, _ in rows_to_label(pool, count, seed)], np.int64)]
