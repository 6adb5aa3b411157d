"""Words that set categories apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from retrieval.index import Floats, Positions

_MAX_WORDS = 20_000


@dataclass(frozen=True)
class Vocabulary:
    """Attributes:
    counts: products of each category that hold each word, (categories, words).
    totals: products that hold each word, (words,).
    """

    counts: sparse.csr_matrix
    totals: Floats
    words: list[str]

    @classmethod
    def of(cls, texts: Sequence[str], positions: Positions, categories: int) -> Self:
        """Args:
        positions: category of each text, (n,).
        """
        if not texts:
            return cls(sparse.csr_matrix((categories, 0), dtype=np.float32), np.zeros(0, np.float32), [])
        vectorizer = CountVectorizer(
            binary=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b", max_features=_MAX_WORDS
        )
        present = vectorizer.fit_transform(texts).astype(np.float32)
        counts = (membership(positions, categories) @ present).tocsr()
        totals = np.asarray(counts.sum(axis=0)).ravel()
        return cls(counts, totals, vectorizer.get_feature_names_out().tolist())

    def terms(self, position: int, count: int) -> list[str]:
        """Words that stand in this category's products more than in the others' (class-based TF-IDF;
        Grootendorst, 2022, "BERTopic", equation 2, over products instead of tokens)."""
        own = self.counts[position]
        average = self.totals.sum() / self.counts.shape[0]
        weights = own.data * np.log1p(average / self.totals[own.indices])
        order = np.lexsort((own.indices, -weights))[:count]
        return [self.words[own.indices[i]] for i in order]


def membership(positions: Positions, categories: int) -> sparse.csr_matrix:
    """Which row belongs to which category, (categories, n)."""
    rows = np.arange(len(positions))
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_matrix((ones, (positions, rows)), shape=(categories, len(rows)))
