"""The steps of a training run, each from arrays and texts to a trained piece."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.product import Product
from catalog.progress import Progress
from catalog.text import product_text
from retrieval.encoder.base import Encoder
from retrieval.head import Head
from retrieval.index import Positions, VectorIndex
from retrieval.ngram import NgramClassifier
from retrieval.recall import Recall
from retrieval.taxonomy import Taxonomy
from training.dataset import Dataset
from training.finetune import FineTuning, TrainingTexts
from training.fit import Fitted, fit_scorer
from training.recipe import Recipe


@dataclass(frozen=True)
class LabelledRows:
    """One row a (product, right category) pair."""

    products: list[Product]
    texts: list[str]
    positions: Positions


def labelled_rows(data: Dataset) -> LabelledRows:
    pairs = [(p, data.taxonomy.require(path)) for p in data.train for path in p.category_paths]
    products = [p for p, _ in pairs]
    return LabelledRows(
        products, [product_text(p) for p in products], np.asarray([i for _, i in pairs], np.int64)
    )


def label_texts(taxonomy: Taxonomy, positions: Iterable[int]) -> list[str]:
    """Label paths as the encoder reads them: the leaf first, then its ancestors upwards."""
    return [" . ".join(reversed(taxonomy[i].parts)) for i in positions]


def fine_tune(
    encoder: Encoder,
    rows: LabelledRows,
    taxonomy: Taxonomy,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
) -> Head:
    classes = np.unique(rows.positions)
    labels = encoder.tokenize(label_texts(taxonomy, classes.tolist()))
    with progress.task("tokenizing", len(rows.texts)) as advance:
        ids = encoder.tokenize(rows.texts)
        advance(len(rows.texts))
    # Each label path is a training row of its own class too: one space for head and retrieval.
    data = TrainingTexts(
        ids=[*ids, *labels],
        classes=np.concatenate([np.searchsorted(classes, rows.positions), np.arange(len(classes))]),
        positions=classes,
    )
    start = encoder.encode_ids(labels)
    return FineTuning(encoder, data, start, recipe).run(checkpoint, progress)


def build_recall(
    encoder: Encoder, head: Head, rows: LabelledRows, taxonomy: Taxonomy, recipe: Recipe, progress: Progress
) -> Recall:
    with progress.task("n-gram model", None):
        ngram = NgramClassifier.fit(rows.texts, rows.positions.tolist(), max_features=recipe.max_features)
    with progress.task("embedding", len(rows.texts)) as advance:
        examples = VectorIndex.build(encoder.encode(rows.texts, progress=advance))
    paths = VectorIndex.build(encoder.encode(label_texts(taxonomy, range(len(taxonomy)))))
    return Recall(len(taxonomy), head, paths, examples, rows.positions, ngram)


def fit_on_validation(
    encoder: Encoder, recall: Recall, data: Dataset, recipe: Recipe, progress: Progress
) -> Fitted:
    texts = [product_text(p) for p in data.validation]
    truths = [frozenset(data.taxonomy.require(c) for c in p.category_paths) for p in data.validation]
    with progress.task("calibrating", len(texts)) as advance:
        recalled = recall(encoder.encode(texts, progress=advance), texts, recipe.top_k)
        return fit_scorer(recalled, truths, k=recipe.top_k, seed=recipe.seed)
