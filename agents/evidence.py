"""What is known of a category: a diverse sample of its products, its confusable siblings, its own words."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import faiss
import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from agents.domain_expert import DomainExpert, Examples
from retrieval.index import Floats, Positions
from retrieval.taxonomy import Taxonomy

POPULAR = 2
REPRESENTATIVES = 4
SIBLINGS = 4
TERMS = 8

_MIN_FOR_CLUSTERS = 2 * REPRESENTATIVES


@dataclass(frozen=True)
class Evidence:
    """Attributes:
    example_vectors: unit vectors of the training products, row by row with `examples`.
    label_vectors: unit vectors of the label paths, in taxonomy order.
    """

    taxonomy: Taxonomy
    examples: Examples
    example_vectors: Floats
    label_vectors: Floats

    @classmethod
    def of(cls, expert: DomainExpert) -> "Evidence":
        recall = expert.recall
        return cls(expert.taxonomy, expert.examples, recall.examples.vectors, recall.paths.vectors)

    def sample(self, position: int) -> list[int]:
        """Rows of the category's popular products and of one product near the centre of each cluster.

        "Multi-source data from both popular selling products and catalog representatives of each category
        via unsupervised learning" (Cheng et al., 2024, section 3.2.2).
        """
        rows = np.flatnonzero(self.examples.positions == position)
        popularity = np.asarray(self.examples.popularity)[rows]
        popular = rows[np.argsort(-popularity, kind="stable")[:POPULAR]]
        return list(dict.fromkeys([*popular.tolist(), *self._representatives(rows)]))

    def siblings(self, position: int) -> list[int]:
        """Categories most easily taken for this one: nearest label paths, those of the same parent first."""
        cosines = self.label_vectors @ self.label_vectors[position]
        cosines[position] = -np.inf
        same_parent = self.taxonomy.siblings(position)
        near = [i for i in np.argsort(-cosines)[:SIBLINGS].tolist() if i != position]
        ordered = sorted(same_parent, key=lambda i: -cosines[i])[: SIBLINGS - 1]
        return list(dict.fromkeys([*ordered, *near]))[:SIBLINGS]

    def terms(self, position: int) -> list[str]:
        """Words that stand in this category's products more than in the others' (class-based TF-IDF)."""
        counts, totals, words = self._counts
        own = counts[position]
        average = totals.sum() / len(self.taxonomy)
        weights = own.data * np.log1p(average / totals[own.indices])
        order = np.lexsort((own.indices, -weights))[:TERMS]
        return [words[own.indices[i]] for i in order]

    def _representatives(self, rows: Positions) -> list[int]:
        if len(rows) < _MIN_FOR_CLUSTERS:
            return list(map(int, rows[:REPRESENTATIVES]))
        vectors = np.ascontiguousarray(self.example_vectors[rows])
        kmeans = faiss.Kmeans(vectors.shape[1], REPRESENTATIVES, niter=10, seed=1, min_points_per_centroid=1)
        kmeans.train(vectors)
        nearest = (np.asarray(kmeans.centroids) @ vectors.T).argmax(axis=1)
        return list(map(int, rows[np.unique(nearest)]))

    @cached_property
    def _counts(self) -> tuple[sparse.csr_matrix, Floats, list[str]]:
        """Products of each category that hold each word (categories, words), its column sums, the words."""
        vectorizer = CountVectorizer(binary=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b", max_features=20_000)
        present = vectorizer.fit_transform(self.examples.texts).astype(np.float32)
        rows = np.arange(len(self.examples.positions))
        of_category = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (self.examples.positions, rows)),
            shape=(len(self.taxonomy), len(rows)),
        )
        counts = (of_category @ present).tocsr()
        return counts, np.asarray(counts.sum(axis=0)).ravel(), vectorizer.get_feature_names_out().tolist()


def language_of(locales: list[str]) -> str:
    """Most frequent language of some locales, `en` when none is known."""
    known = Counter(locale.split("-")[0].lower() for locale in locales if locale)
    return known.most_common(1)[0][0] if known else "en"
