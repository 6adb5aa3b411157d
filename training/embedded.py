"""Labelled rows and label paths as vectors: what a recall is built from, of all rows or of some."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from retrieval.confidence import department_numbers
from retrieval.index import Floats, Positions, VectorIndex
from retrieval.recall import Recall
from retrieval.sources.base import Source
from training.rows import LabelledRows
from training.sources import Ingredients, build_sources


@dataclass(frozen=True)
class Embedded:
    """Attributes:
    given: what the sources are made of; its rows are all rows.
    vectors: unit vectors of the rows' texts, (rows, dim).
    """

    given: Ingredients
    vectors: Floats

    @property
    def rows(self) -> LabelledRows:
        return self.given.rows

    def recall(self, rows: Positions | None = None) -> Recall:
        """Train the sources and index the products.

        Args:
            rows: those to learn from, ascending; None takes all.
        """
        if rows is None:
            given, vectors = self.given, self.vectors
        else:
            given, vectors = replace(self.given, rows=self.rows.take(rows)), self.vectors[rows]
        departments = department_numbers(given.taxonomy.categories)
        examples = VectorIndex.build(vectors)
        return Recall(build_sources(given), given.paths, examples, given.rows.positions, departments)

    def with_ready(self, sources: Mapping[str, Source]) -> Self:
        """The same with sources that need not be built again."""
        return replace(self, given=replace(self.given, ready=sources))
