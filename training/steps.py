"""The steps of a training run, each from arrays and texts to a trained piece."""

from pathlib import Path

import numpy as np

from catalog.product import Product
from catalog.progress import Progress
from catalog.text import product_text
from retrieval.encoder.base import Encoder
from retrieval.index import Floats, VectorIndex
from retrieval.recall import Recall
from retrieval.sources.base import Source
from retrieval.sources.head import Head
from retrieval.taxonomy import Taxonomy
from training.crossfit import cross_fitted
from training.dataset import MIN_ROWS, Dataset
from training.embedded import Embedded
from training.finetune import FineTuning, TrainingTexts, vocabulary_too_large
from training.fit import Fitted, apply_scorer, fit_imputation, fit_scorer
from training.loop import Loop
from training.lora import with_adapters
from training.prior import prior_choice, prior_scorer, without_rows
from training.recipe import EncoderPart, Recipe
from training.rows import EpochTokens, LabelledRows, label_texts
from training.sources import FROM_TAXONOMY, Ingredients

# Products on which a large index of label paths is tuned: what it will be asked for.
QUERIES = 2_000


def fine_tune(
    encoder: Encoder,
    part: EncoderPart,
    rows: LabelledRows,
    taxonomy: Taxonomy,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
) -> Head:
    """Train the encoder in place; returns the head that was trained with it."""
    classes = np.unique(rows.positions)
    paths = encoder.tokenize(label_texts(taxonomy, classes.tolist()))
    start = _start(encoder, part, paths, recipe.seed)
    labels = paths if part.label_rows else []
    with progress.task("tokenizing", None):
        tokens = EpochTokens(encoder, rows, taxonomy, labels, part.augmentation, recipe.seed)
    own = np.searchsorted(classes, rows.positions)
    data = TrainingTexts(tokens, np.concatenate([own, np.arange(len(labels))]), classes)
    encoder.open_vocabulary(tokens.vocabulary)
    encoder.freeze_vocabulary(vocabulary_too_large(encoder))
    adapters = with_adapters(encoder, part.lora, progress) if part.lora else None
    objective = FineTuning(encoder, data, start, part, recipe.schedule)
    Loop(objective, recipe.schedule.loop(len(data.classes), recipe.seed)).run(checkpoint, progress)
    if adapters:
        adapters.merge()
    return objective.head()


def _start(encoder: Encoder, part: EncoderPart, paths: list[list[int]], seed: int) -> Floats:
    """First weights of the head: the label paths themselves, or noise."""
    if part.head == "cosine":
        return encoder.encode_ids(paths)
    noise = np.random.default_rng(seed).normal(scale=0.02, size=(len(paths), encoder.dim))
    return noise.astype(np.float32)


def embed(
    encoder: Encoder,
    base: str,
    head: Head | None,
    rows: LabelledRows,
    taxonomy: Taxonomy,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
) -> Embedded:
    """Encode label paths and labelled products: what all recalls of this run are built from.

    Args:
        base: what `load_encoder` takes for the encoder as it came.
        head: trained with the encoder; None without fine-tuning.
    """
    with progress.task("embedding", len(rows.texts)) as advance:
        vectors = encoder.encode(rows.texts, progress=advance)
    labels = encoder.encode(label_texts(taxonomy, range(len(taxonomy))))
    queries = vectors[:: max(1, len(vectors) // QUERIES)]
    paths = VectorIndex.build(labels, queries=queries if len(queries) else None)
    given = Ingredients(recipe, encoder, base, head, rows, taxonomy, paths, checkpoint, progress)
    return Embedded(given, vectors)


def fit_on_validation(
    encoder: Encoder, recall: Recall, data: Dataset, recipe: Recipe, progress: Progress
) -> Fitted:
    texts = [product_text(p) for p in data.validation]
    with progress.task("calibrating", len(texts)) as advance:
        vectors = encoder.encode(texts, progress=advance)
        recalled = recall(data.validation, texts, vectors, recipe.top_k)
        truths = _truths(data.validation, data.taxonomy)
        return fit_scorer(
            recalled,
            truths,
            tuple(recall.sources),
            k=recipe.top_k,
            seed=recipe.seed,
            balance=recipe.balance,
        )


def fit_across(
    embedded: Embedded, recall: Recall, data: Dataset, recipe: Recipe, progress: Progress
) -> Fitted:
    """Fit on the training rows themselves, each answered by sources that did not see it.

    With too few of them nothing is fitted, and the prior stands.

    Args:
        recall: over all rows; its sources that follow from the taxonomy alone are used again.
    """
    names, truths = tuple(recall.sources), _truths(data.train, data.taxonomy)
    settled: dict[str, Source] = {
        name: recall.sources[name] for name in FROM_TAXONOMY if name in recall.sources
    }
    found = None
    if len(data.train):
        with progress.task("cross-fitting", None):
            found = cross_fitted(embedded.with_ready(settled), data.train, k=recipe.top_k, seed=recipe.seed)
    if found is None:
        return without_rows(names)
    if len(truths) < MIN_ROWS:
        scorer = prior_scorer(names, fit_imputation(found.recalled))
        return apply_scorer(scorer, found.recalled, truths, recipe.top_k)
    return fit_scorer(
        found.recalled,
        truths,
        names,
        k=recipe.top_k,
        seed=recipe.seed,
        balance=recipe.balance,
        prior=prior_choice(names),
        familiar=found.familiar,
    )


def _truths(products: list[Product], taxonomy: Taxonomy) -> list[frozenset[int]]:
    return [frozenset(taxonomy.require(c) for c in p.category_paths) for p in products]
