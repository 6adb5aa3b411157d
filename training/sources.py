"""Train the recall sources that a recipe names, each by its own builder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from catalog.progress import Progress
from retrieval.encoder.base import Encoder
from retrieval.index import VectorIndex
from retrieval.sources.base import Source
from retrieval.sources.fasttext import FastTextClassifier
from retrieval.sources.head import Head
from retrieval.sources.neighbours import NeighbourSource
from retrieval.sources.ngram import NgramClassifier
from retrieval.sources.paths import PathSource
from retrieval.taxonomy import Taxonomy
from training.hierarchy.train import train_hierarchy
from training.label_sources import build_names, build_words
from training.network import train_network
from training.recipe import Recipe, SourceName
from training.rows import LabelledRows

# Sources that need no labelled row.
FROM_TAXONOMY: Final[tuple[SourceName, ...]] = ("paths", "names", "words")


@dataclass(frozen=True)
class Ingredients:
    """What a source may be made of.

    Attributes:
        encoder: as its fine-tuning left it, if there was any.
        base: what `load_encoder` takes for the encoder as it came.
        head: trained with the encoder; None without fine-tuning.
        paths: index over label-path embeddings, in taxonomy order.
        checkpoint: folder for training states.
        ready: sources that are built already, by name.
    """

    recipe: Recipe
    encoder: Encoder
    base: str
    head: Head | None
    rows: LabelledRows
    taxonomy: Taxonomy
    paths: VectorIndex
    checkpoint: Path
    progress: Progress
    ready: Mapping[str, Source] = field(default_factory=dict)


def build_sources(given: Ingredients) -> dict[str, Source]:
    """By name, in the recipe's order."""
    return {name: given.ready.get(name) or _BUILDERS[name](given) for name in given.recipe.sources}


def _head(given: Ingredients) -> Source:
    assert given.head is not None  # a recipe with this source has fine-tuning
    return given.head


def _paths(given: Ingredients) -> Source:
    return PathSource(given.paths)


def _names(given: Ingredients) -> Source:
    return build_names(given.encoder, given.taxonomy)


def _words(given: Ingredients) -> Source:
    return build_words(given.taxonomy, max_features=given.recipe.ngram.max_features)


def _neighbours(given: Ingredients) -> Source:
    return NeighbourSource(given.rows.positions)


def _ngram(given: Ingredients) -> Source:
    part = given.recipe.ngram
    with given.progress.task("n-gram model", None):
        return NgramClassifier.fit(
            given.rows.texts, given.rows.positions.tolist(), max_features=part.max_features, c=part.c
        )


def _fasttext(given: Ingredients) -> Source:
    part = given.recipe.fasttext
    with given.progress.task("fastText", None):
        return FastTextClassifier.fit(
            given.rows.texts,
            given.rows.positions.tolist(),
            epochs=part.epochs,
            learning_rate=part.learning_rate,
            characters=part.characters,
            threads=part.threads,
            seed=given.recipe.seed,
        )


def _hierarchy(given: Ingredients) -> Source:
    return train_hierarchy(
        given.rows.products,
        given.rows.positions,
        given.taxonomy,
        given.recipe.hierarchy,
        given.recipe.schedule,
        encoder_spec=given.base,
        device=given.encoder.device,
        max_tokens=given.encoder.max_tokens,
        seed=given.recipe.seed,
        folder=given.checkpoint / "hierarchy",
        progress=given.progress,
    )


def _network(given: Ingredients) -> Source:
    return train_network(
        given.rows.products,
        given.rows.positions,
        given.recipe.network,
        device=given.encoder.device,
        seed=given.recipe.seed,
        folder=given.checkpoint / "network",
        progress=given.progress,
    )


_BUILDERS: Final[Mapping[SourceName, Callable[[Ingredients], Source]]] = {
    "head": _head,
    "paths": _paths,
    "names": _names,
    "words": _words,
    "neighbours": _neighbours,
    "ngram": _ngram,
    "fasttext": _fasttext,
    "hierarchy": _hierarchy,
    "network": _network,
}
