"""The domain expert: recommends the K most likely categories of each product, and says how sure it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from agents.case import Candidate, Neighbour, Recommendation
from catalog.product import Product
from catalog.text import product_text
from retrieval.confidence import department_numbers
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.index import Floats, Positions
from retrieval.recall import Recall, Recalled
from retrieval.recall_files import load_recall
from retrieval.scorer import Ranked, Scorer
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace


@dataclass(frozen=True)
class Examples:
    """Labelled training products, row by row with the index over them.

    Attributes:
        positions: taxonomy position of each row's label.
    """

    product_ids: list[str]
    titles: list[str]
    texts: list[str]
    locales: list[str]
    popularity: list[float]
    positions: Positions

    @classmethod
    def load(cls, path: Path) -> "Examples":
        columns = pq.read_table(path).to_pydict()
        return cls(
            columns["product_id"],
            columns["title"],
            columns["text"],
            columns["locale"],
            columns["popularity"],
            np.asarray(columns["position"], dtype=np.int64),
        )


@dataclass(frozen=True)
class DomainExpert:
    """Encoder, recall and fusion of one workspace; callable on a list of products.

    Attributes:
        examples: None of its texts are kept for recall; they are evidence for the other two agents.
    """

    taxonomy: Taxonomy
    encoder: Encoder
    recall: Recall
    scorer: Scorer
    examples: Examples

    @classmethod
    def open(
        cls, workspace: Workspace, *, device: str = "auto", threads: int | None = None
    ) -> "DomainExpert":
        """Load from a workspace.

        Raises:
            WorkspaceError: a file of the workspace cannot be read.
        """
        taxonomy = Taxonomy.load(workspace.path("taxonomy.json"))
        recipe = json.loads(workspace.path("recipe.json").read_text("utf-8"))
        examples = Examples.load(workspace.path("examples.parquet"))
        departments = department_numbers(taxonomy.categories)
        recall = load_recall(workspace.folder, recipe["sources"], examples.positions, departments)
        encoder = load_encoder(
            str(workspace.path("encoder")), device=device, max_tokens=recipe["max_tokens"], threads=threads
        )
        scorer = Scorer.model_validate_json(workspace.path("scorer.json").read_text("utf-8"))
        return cls(taxonomy, encoder, recall, scorer, examples)

    def __call__(self, products: Sequence[Product], *, k: int = 10) -> list[Recommendation]:
        """Recommend for a whole chunk with one pass of the encoder.

        Args:
            k: candidates a product.
        """
        texts = [product_text(p) for p in products]
        recalled = self.recall(products, texts, self.encoder.encode(texts), k)
        ranked = self.scorer.rank(recalled, k)
        confidences = self.scorer.confidences(ranked)
        return [self._recommendation(i, ranked, recalled, confidences, k) for i in range(len(products))]

    def _recommendation(
        self, i: int, ranked: Ranked, recalled: Recalled, confidences: Floats, k: int
    ) -> Recommendation:
        return Recommendation(
            candidates=tuple(
                self._candidate(position, probability, by)
                for position, probability, by in zip(
                    ranked.positions[i].tolist(),
                    ranked.probabilities[i].tolist(),
                    ranked.recalled[i].tolist(),
                    strict=True,
                )
                if position >= 0
            ),
            confidence=float(confidences[i]),
            neighbours=tuple(
                self._neighbour(row, similarity)
                for row, similarity in zip(
                    recalled.neighbours[i, :k].tolist(), recalled.similarities[i, :k].tolist(), strict=True
                )
            ),
        )

    def _candidate(self, position: int, probability: float, by: Sequence[bool]) -> Candidate:
        category = self.taxonomy[position]
        return Candidate(
            category_id=category.category_id,
            category_path=category.category_path,
            score=probability,
            source="+".join(name for name, found in zip(self.recall.sources, by, strict=True) if found),
        )

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        return Neighbour(
            product_id=self.examples.product_ids[row],
            title=self.examples.titles[row],
            category_path=self.taxonomy[int(self.examples.positions[row])].category_path,
            similarity=similarity,
        )
