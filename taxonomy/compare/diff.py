"""What became of every category of a taxonomy in its next version, as the links of a crosswalk."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from taxonomy.compare.anchors import Matching, anchored, follow_parents
from taxonomy.compare.likeness import LEAST, SURE, Candidate, Likeness
from taxonomy.compare.products import Labels, SharedProducts
from taxonomy.compare.similarity import Encode, Similarity
from taxonomy.compare.splits import (
    parts_by_name,
    parts_by_products,
    parts_by_tree,
    swallowed_by,
)
from taxonomy.crosswalk import Link, Relation, Status
from taxonomy.node import Node
from taxonomy.tree import Tree

_SPLIT_BY_TREE = 0.9
_SPLIT_BY_NAME = 0.6
_SWALLOWED = 0.7
# Below a parent that was paired by likeness: names that agree speak for both.
_FOLLOWED = 0.9
_NEAREST = 0.25


def diff(
    old: Tree,
    new: Tree,
    *,
    old_labels: Labels | None = None,
    new_labels: Labels | None = None,
    encode: Encode | None = None,
) -> list[Link]:
    """One link or more for every old category, and one for every new category that none leads to.

    Args:
        old_labels, new_labels: of the same products in both states of the catalog; give both or none.
        encode: compares label paths by meaning too.
    """
    products = SharedProducts(old_labels, new_labels) if old_labels and new_labels else None
    similarity = Similarity(old.nodes, new.nodes, encode)
    found = _Diff(old, new, anchored(old, new), Likeness(old, new, similarity, products))
    return found.links()


@dataclass
class _Diff:
    old: Tree
    new: Tree
    matching: Matching
    likeness: Likeness

    def links(self) -> list[Link]:
        split = self._splits()
        self._pair_the_rest(set(split))
        split |= self._splits_by_tree()
        links = [link for node in self.old for link in self._of(node, split)]
        links = _merges(links)
        led = {link.new_id for link in links if link.status != "alternative"}
        return links + [_added(node) for node in self.new if node.category_id not in led]

    def _splits(self) -> dict[str, list[Link]]:
        """By products, then by name; found before pairs are, or a part would pass for the whole."""
        found: dict[str, list[Link]] = {}
        for node in self.old:
            shares = self._shares(node)
            for new_id, share in shares.items():
                evidence = f"{share:.0%} of its products are there now"
                found.setdefault(node.category_id, []).append(
                    _link(node, self.new.by_id[new_id], "split", share, evidence, "review")
                )
            if not shares and node.leaf and node.category_id not in self.matching.new_of:
                parts = parts_by_name(node, self.new, self.matching)
                links = [_split(node, one, _SPLIT_BY_NAME, "shares out its name") for one in parts]
                found |= {node.category_id: links} if links else {}
        return found

    def _shares(self, node: Node) -> dict[str, float]:
        products = self.likeness.products
        return parts_by_products(node, self.new, self.matching, products) if products and node.leaf else {}

    def _splits_by_tree(self) -> dict[str, list[Link]]:
        found = {}
        for node in self.old:
            parts = parts_by_tree(node, self.new, self.matching)
            if parts:
                found[node.category_id] = [
                    _split(node, one, _SPLIT_BY_TREE, "stands below its successor") for one in parts
                ]
        return found

    def _pair_the_rest(self, split: set[str]) -> None:
        """Inner categories first: a pair tells where its children belong. And last, by their children."""
        for leaves in (False, False, True, False):
            taken = self.matching
            rows = [
                i
                for i, one in enumerate(self.old)
                if one.leaf == leaves and one.category_id not in taken.new_of and one.category_id not in split
            ]
            columns = [i for i, one in enumerate(self.new) if one.category_id not in taken.old_of]
            for candidate in self.likeness.candidates(rows, taken, columns):
                self._pair(candidate)
            follow_parents(self.old, self.new, self.matching, _FOLLOWED)

    def _pair(self, candidate: Candidate) -> None:
        old, new = self.old.nodes[candidate.row], self.new.nodes[candidate.column]
        if candidate.score >= LEAST and old.leaf == new.leaf and self.matching.free(old, new):
            why = self.likeness.evidence(candidate.row, candidate.column)
            self.matching.add(old, new, why, candidate.score)

    def _of(self, node: Node, split: dict[str, list[Link]]) -> Iterator[Link]:
        if node.category_id in split:
            yield from split[node.category_id]
        elif node.category_id in self.matching.new_of:
            yield self._paired(node)
        else:
            yield from self._left(node)

    def _paired(self, node: Node) -> Link:
        new = self.new.by_id[self.matching.new_of[node.category_id]]
        confidence, why = self.matching.confidence[node.category_id], self.matching.why[node.category_id]
        relation, more = self._relation(node, new)
        evidence = f"{why}; {more}" if more else why
        return _link(node, new, relation, confidence, evidence, _status(confidence))

    def _relation(self, node: Node, new: Node) -> tuple[Relation, str]:
        renamed = node.name != new.name
        if self.matching.new_of.get(node.parent_id, "") != new.parent_id:
            return "moved", "and renamed" if renamed else ""
        if renamed:
            return "renamed", ""
        return ("same", "") if node.category_path == new.category_path else ("follows", "its parent changed")

    def _left(self, node: Node) -> Iterator[Link]:
        """An old category without a partner of its own: merged into another, or gone."""
        if not node.leaf:
            yield _link(node, None, "removed", 1.0, "no category stands for it", "accepted")
            return
        best = self._best_of_all(node)
        swallowed = swallowed_by(node, self.old, self.new, self.matching)
        if swallowed is not None:
            new, why = swallowed
            yield _link(node, new, "merged", max(_SWALLOWED, best.score if best else 0), why, "review")
            return
        if best is not None and best.score >= LEAST:
            new, why = self.new.nodes[best.column], self.likeness.evidence(best.row, best.column)
            yield _link(node, new, "merged", best.score, why, _status(best.score))
            return
        yield _link(
            node, None, "removed", 1 - (best.score if best else 0.0), "nothing like it is left", "review"
        )
        if best is not None and best.score >= _NEAREST:
            new, why = self.new.nodes[best.column], self.likeness.evidence(best.row, best.column)
            yield _link(node, new, "merged", best.score, f"nearest: {why}", "alternative")

    def _best_of_all(self, node: Node) -> Candidate | None:
        row = self._rows[node.category_id]
        found = self.likeness.candidates([row], self.matching, self._leaf_columns)
        return found[0] if found else None

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {one.category_id: i for i, one in enumerate(self.old)}

    @cached_property
    def _leaf_columns(self) -> Sequence[int]:
        return [i for i, one in enumerate(self.new) if one.leaf]


def _merges(links: list[Link]) -> list[Link]:
    """Where several old categories end in one, all but the one that kept its path are merged."""
    whole = [one for one in links if one.relation != "split" and one.status != "alternative"]
    counts = Counter(one.new_id for one in whole if one.new_id)
    return [
        one.model_copy(update={"relation": "merged"})
        if one.relation in ("renamed", "moved") and counts[one.new_id] > 1
        else one
        for one in links
    ]


def _status(confidence: float) -> Status:
    return "accepted" if confidence >= SURE else "review"


def _split(old: Node, new: Node, confidence: float, why: str) -> Link:
    return _link(old, new, "split", confidence, why, "review")


def _added(node: Node) -> Link:
    return Link(
        new_id=node.category_id,
        new_path=node.category_path,
        relation="added",
        kind="leaf" if node.leaf else "inner",
        confidence=1.0,
        evidence="no old category leads here",
        status="accepted",
    )


def _link(
    old: Node, new: Node | None, relation: Relation, confidence: float, evidence: str, status: Status
) -> Link:
    return Link(
        old_id=old.category_id,
        old_path=old.category_path,
        new_id=new.category_id if new else "",
        new_path=new.category_path if new else "",
        relation=relation,
        kind="leaf" if (new or old).leaf else "inner",
        confidence=round(min(max(confidence, 0.0), 1.0), 3),
        evidence=evidence,
        status=status,
    )
