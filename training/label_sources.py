"""Sources that are made from the taxonomy's own words, so that they need no labelled product."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from catalog.text import text_key
from retrieval.encoder.base import Encoder
from retrieval.index import VectorIndex
from retrieval.sources.names import NameSource
from retrieval.sources.ngram import NgramClassifier, new_vectorizers
from retrieval.taxonomy import Category, Taxonomy


def name_texts(category: Category) -> list[str]:
    """What a category is called, in every language, and what the taxonomy says of it; no text twice."""
    texts = [category.leaf, *category.names.values(), category.description]
    return list({text_key(text): text for text in texts if text.strip()}.values())


def build_names(encoder: Encoder, taxonomy: Taxonomy) -> NameSource:
    """A vector for each text of each category."""
    texts = [name_texts(category) for category in taxonomy.categories]
    owners = np.repeat(np.arange(len(texts)), [len(some) for some in texts])
    vectors = encoder.encode([text for some in texts for text in some])
    return NameSource(VectorIndex.build(vectors), owners, len(taxonomy))


def build_words(taxonomy: Taxonomy, *, max_features: int) -> NgramClassifier:
    """Shared n-grams of product and category: a category's own words are the weights of its class.

    The score is the sum of two cosines of TF-IDF vectors, of words and of characters.

    Args:
        max_features: most frequent n-grams kept, of words and of characters each.
    """
    vectorizers = new_vectorizers(max_features)
    texts = [" . ".join(_words(category)) for category in taxonomy.categories]
    features = sparse.hstack([v.fit_transform(texts) for v in vectorizers.values()])
    positions = np.arange(len(taxonomy))
    return NgramClassifier(vectorizers, features.T.tocsr(), np.zeros(len(positions), np.float32), positions)


def _words(category: Category) -> Iterator[str]:
    """All names on the path, the leaf's own twice."""
    yield from category.parts
    yield from name_texts(category)
