"""Texts as sparse TF-IDF vectors over word and character n-grams; no label is read for them."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

MAX_FEATURES = 150_000
_KINDS = (("word", (1, 2)), ("char_wb", (3, 5)))


class TextVectors:
    """Fitted on a catalog's texts.

    Attributes:
        matrix: unit rows, csr, (texts, features).
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectorizers = [_vectorizer(analyzer, ngrams) for analyzer, ngrams in _KINDS]
        self.matrix = self._joined([v.fit_transform(texts) for v in self._vectorizers])

    def of(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Vectors of other texts, (texts, features)."""
        return self._joined([v.transform(texts) for v in self._vectorizers])

    @staticmethod
    def _joined(parts: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
        joined = sparse.hstack(parts).tocsr()
        # Each part has unit rows, so that half of every cosine is the words' and half the characters'.
        joined.data /= np.float32(np.sqrt(len(parts)))
        return joined


def _vectorizer(analyzer: str, ngrams: tuple[int, int]) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        sublinear_tf=True,
        max_features=MAX_FEATURES,
        dtype=np.float32,
    )
