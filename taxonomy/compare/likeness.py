"""Partners for categories that no anchor holds, by words, place, children, products and encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taxonomy.compare.anchors import Matching
from taxonomy.compare.products import SharedProducts
from taxonomy.compare.similarity import Floats, Similarity
from taxonomy.names import name_key
from taxonomy.node import Node
from taxonomy.tree import Tree

# Below it a pair is no pair; chosen on taxonomies with known ids, see docs/taxonomy.md.
LEAST = 0.5
SURE = 0.75
_TOP = 10
_BLOCK = 256
_PLACE_SHARE = 0.2
_CHILDREN_SHARE = 0.5
_PRODUCT_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible partner.

    Attributes:
        row, column: of the old and the new category in the lists given.
        score: 0 to 1.
    """

    row: int
    column: int
    score: float


@dataclass(frozen=True)
class Likeness:
    """Scores pairs of categories of two trees.

    Attributes:
        similarity: over `old` and `new` in the order of their nodes.
        products: None without catalogs.
    """

    old: Tree
    new: Tree
    similarity: Similarity
    products: SharedProducts | None

    def candidates(self, rows: Sequence[int], matching: Matching, columns: Sequence[int]) -> list[Candidate]:
        """The best few new categories for each of some old ones, all together, best first."""
        if not rows or not columns:
            return []
        found: list[Candidate] = []
        for start in range(0, len(rows), _BLOCK):
            some = rows[start : start + _BLOCK]
            scores = self.similarity.block(some)[:, columns]
            best = np.argsort(-scores, axis=1, kind="stable")[:, :_TOP]
            found += self._scored(some, columns, scores, best, matching)
        return sorted(found, key=lambda one: (-one.score, one.row, one.column))

    def evidence(self, row: int, column: int) -> str:
        """What speaks for a pair."""
        old, new = self.old.nodes[row], self.new.nodes[column]
        said = [self.similarity.evidence(row, column)]
        share = self._product_share(old, new)
        if self.products is not None and share is not None:
            said.append(f"{share:.0%} of {self.products.count(old.category_path)} shared products")
        return ", ".join(said)

    def score(self, words: float, old: Node, new: Node, matching: Matching) -> float:
        """One number from all that is known of a pair."""
        weight = _PLACE_SHARE if old.leaf else _CHILDREN_SHARE
        score = (1 - weight) * words + weight * self._place(old, new, matching)
        share = self._product_share(old, new)
        return score if share is None else _PRODUCT_SHARE * share + (1 - _PRODUCT_SHARE) * score

    def _scored(
        self,
        rows: Sequence[int],
        columns: Sequence[int],
        scores: Floats,
        best: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
        matching: Matching,
    ) -> list[Candidate]:
        place_of = {self.new.nodes[c].category_path: i for i, c in enumerate(columns)}
        made = []
        for i, row in enumerate(rows):
            old = self.old.nodes[row]
            shared = self.products.shares(old.category_path) if self.products else {}
            wanted = [*best[i].tolist(), *(place_of[path] for path in shared if path in place_of)]
            for j in dict.fromkeys(wanted):
                score = self.score(float(scores[i, j]), old, self.new.nodes[columns[j]], matching)
                made.append(Candidate(row, columns[j], score))
        return made

    def _place(self, old: Node, new: Node, matching: Matching) -> float:
        """1 under the same parent; of inner categories, the share of children that went along."""
        if not old.leaf:
            return self._children_share(old, new, matching)
        return float(matching.new_of.get(old.parent_id, "") == new.parent_id)

    def _children_share(self, old: Node, new: Node, matching: Matching) -> float:
        """Children that are found below the new category, by partner or by name."""
        children = self.old.children(old.category_id)
        names = {name_key(one.name) for one in self.new.children(new.category_id)}
        along = sum(
            self.new.by_id[matching.new_of[one.category_id]].parent_id == new.category_id
            if one.category_id in matching.new_of
            else name_key(one.name) in names
            for one in children
        )
        return along / len(children) if children else 0.0

    def _product_share(self, old: Node, new: Node) -> float | None:
        shares = self.products.shares(old.category_path) if self.products else {}
        return shares.get(new.category_path, 0.0) if shares else None
