"""What is known of a category: a diverse sample of its products, its confusable siblings, its own words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import faiss
import numpy as np

from agents.domain_expert import DomainExpert, Examples
from agents.summarizer.confusions import Confusions
from agents.summarizer.languages import language_of, spoken
from agents.summarizer.vocabulary import Vocabulary, membership
from catalog.text import text_key
from retrieval.index import Floats, Positions
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace

POPULAR = 2
REPRESENTATIVES = 4
SIBLINGS = 4
CONFUSED = 3
"""Most siblings that are taken from the validation confusions; the others are neighbours."""
TERMS = 8

_MIN_FOR_CLUSTERS = 2 * REPRESENTATIVES
_VALIDATION = "validation.jsonl"
_TEXTS_FOR_LANGUAGE = 2_000


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
    confusions: Confusions = field(default_factory=Confusions)

    @classmethod
    def open(cls, workspace: Workspace, expert: DomainExpert) -> Self:
        """Raises:
        WorkspaceError: the validation rows cannot be read.
        """
        recall, taxonomy = expert.recall, expert.taxonomy
        confusions = Confusions.read(workspace.path(_VALIDATION), taxonomy)
        return cls(taxonomy, expert.examples, recall.examples.vectors, recall.paths.vectors, confusions)

    def sample(self, position: int) -> list[int]:
        """Rows of the category's popular products and of one product near the centre of each cluster; of
        products with the same title one.

        "Multi-source data from both popular selling products and catalog representatives of each category
        via unsupervised learning" (Cheng et al., 2024, section 3.2.2).
        """
        rows = np.flatnonzero(self.examples.positions == position)
        by_title = {text_key(self.examples.titles[row]): row for row in reversed(rows.tolist())}
        distinct = np.asarray(sorted(by_title.values()), np.int64)
        return list(dict.fromkeys([*self._popular(distinct), *self._representatives(distinct)]))

    def siblings(self, position: int) -> list[int]:
        """Categories most easily taken for this one: those that the domain expert confused with it on
        validation rows, then the nearest by label path and products."""
        near = np.argsort(-self._closeness(position), kind="stable")[: SIBLINGS + 1].tolist()
        confused = self.confusions.with_(position, CONFUSED)
        return [i for i in dict.fromkeys([*confused, *near]) if i != position][:SIBLINGS]

    def terms(self, position: int) -> list[str]:
        """Words that stand in this category's products more than in the others'."""
        return self._vocabulary.terms(position, TERMS)

    def language(self, position: int) -> str:
        """Of the category's products; where they do not tell, of the catalog."""
        rows = np.flatnonzero(self.examples.positions == position).tolist()
        return language_of((self.examples.locales[row] for row in rows), self._catalog_language)

    def _popular(self, rows: Positions) -> Iterable[int]:
        """None where the catalog says nothing of popularity."""
        popularity = np.asarray(self.examples.popularity)[rows]
        best = rows[np.argsort(-popularity, kind="stable")[:POPULAR]]
        return [row for row in best.tolist() if self.examples.popularity[row] > 0]

    def _representatives(self, rows: Positions) -> list[int]:
        """The product nearest to the centre of each cluster, of the largest cluster first."""
        if len(rows) < _MIN_FOR_CLUSTERS:
            return list(map(int, rows[:REPRESENTATIVES]))
        vectors = np.ascontiguousarray(self.example_vectors[rows])
        kmeans = faiss.Kmeans(vectors.shape[1], REPRESENTATIVES, niter=10, seed=1, min_points_per_centroid=1)
        kmeans.train(vectors)
        closeness = np.asarray(kmeans.centroids) @ vectors.T
        sizes = np.bincount(closeness.argmax(axis=0), minlength=REPRESENTATIVES)
        nearest = closeness.argmax(axis=1)[np.argsort(-sizes, kind="stable")]
        return list(map(int, rows[nearest]))

    def _closeness(self, position: int) -> Floats:
        """Mean cosine of label paths and of products, (categories,); the category itself comes last."""
        paths = self.label_vectors @ self.label_vectors[position]
        products = self._centres @ self._centres[position]
        closeness: Floats = (paths + products) / 2
        closeness[position] = -np.inf
        return closeness

    @cached_property
    def _centres(self) -> Floats:
        """Unit mean of each category's products, its label path where it has none, (categories, dim)."""
        sums = membership(self.examples.positions, len(self.taxonomy)) @ self.example_vectors
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        centres: Floats = np.where(norms > 0, sums / np.maximum(norms, 1e-12), self.label_vectors)
        return centres

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.examples.texts, self.examples.positions, len(self.taxonomy))

    @cached_property
    def _catalog_language(self) -> str:
        texts = self.examples.texts
        step = -(-len(texts) // _TEXTS_FOR_LANGUAGE) or 1
        return language_of(self.examples.locales, spoken(texts[::step]))
