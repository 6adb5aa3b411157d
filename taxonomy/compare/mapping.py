"""One shop's categories onto another's: no history in common, so words, encoder and place must do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taxonomy.compare.similarity import Encode, Floats, Similarity
from taxonomy.crosswalk import Link, Relation, Status
from taxonomy.names import name_key
from taxonomy.node import Node
from taxonomy.tree import Tree

ACCEPTED = 0.8
LEAST = 0.3
ALTERNATIVES = 2
_BLOCK = 256
_PLACE = 0.15
_SAME_NAME = 0.25
_MUTUAL = 0.1
_MARGIN = 0.05
_MOST = 0.99


def map_taxonomy(source: Tree, target: Tree, *, encode: Encode | None = None) -> list[Link]:
    """The best category of `target` for every leaf of `source`, with alternatives, as crosswalk links.

    A link is `exact` when the names say the same and each is the other's best, `broad` when the target is
    an inner category, `close` else, and `none` when nothing is near.

    Args:
        encode: compares label paths by meaning, across languages where the encoder can.
    """
    mapper = _Mapper.of(source, target, encode)
    return [link for row, node in enumerate(source.nodes) if node.leaf for link in mapper.links(row)]


@dataclass(frozen=True)
class _Mapper:
    """Attributes:
    order: columns of each row's best targets, best first, (rows, few).
    scores: theirs.
    best_row: the source category that each target likes best, (targets,).
    """

    source: Tree
    target: Tree
    similarity: Similarity
    order: npt.NDArray[np.int64]
    scores: Floats
    best_row: npt.NDArray[np.int64]

    @classmethod
    def of(cls, source: Tree, target: Tree, encode: Encode | None) -> "_Mapper":
        similarity = Similarity(source.nodes, target.nodes, encode)
        keys = _Keys(source, target)
        kept = ALTERNATIVES + 1
        order = np.zeros((len(source), min(kept, len(target))), dtype=np.int64)
        scores = np.zeros(order.shape, dtype=np.float32)
        best_row = np.zeros(len(target), dtype=np.int64)
        best_score = np.full(len(target), -np.inf, dtype=np.float32)
        # Parents come first, so that a child knows where its parent went.
        rows = sorted(range(len(source)), key=lambda row: len(source.nodes[row].parts))
        parent_column: dict[str, int] = {}
        for some in _blocks(source, rows):
            block = similarity.block(some)
            keys.favour(block, some, parent_column)
            order[some] = np.argsort(-block, axis=1, kind="stable")[:, : order.shape[1]]
            scores[some] = np.take_along_axis(block, order[some], axis=1)
            parent_column |= {
                source.nodes[row].category_id: int(order[row, 0]) for row in some if scores[row, 0] >= LEAST
            }
            highest = block.argmax(axis=0)
            better = block.max(axis=0) > best_score
            best_row[better] = np.asarray(some)[highest[better]]
            best_score = np.maximum(best_score, block.max(axis=0))
        return cls(source, target, similarity, order, scores, best_row)

    def links(self, row: int) -> Iterator[Link]:
        node = self.source.nodes[row]
        scores = self.scores[row].tolist()
        if not scores or scores[0] < LEAST:
            yield _link(node, None, "none", 0.0, "nothing is near")
            return
        for rank, (column, score) in enumerate(zip(self.order[row].tolist(), scores, strict=True)):
            if score < LEAST:
                return
            new = self.target.nodes[column]
            mutual = self.best_row[column] == row
            said = [self.similarity.evidence(row, column), "best both ways" if mutual else "best one way"]
            if rank:
                yield _link(node, new, "close", score, said[0], alternative=True)
                continue
            margin = score - (scores[1] if len(scores) > 1 else 0.0)
            confidence = score + _MUTUAL * mutual - _MUTUAL * (margin < _MARGIN)
            yield _link(node, new, _relation(node, new, mutual=bool(mutual)), confidence, ", ".join(said))


class _Keys:
    """What speaks for a pair beside its similarity: the same name, and a parent that went the same way."""

    def __init__(self, source: Tree, target: Tree) -> None:
        self._source = source
        self._by_key: dict[str, list[int]] = {}
        self._below: dict[str, list[int]] = {}
        self._ids = [one.category_id for one in target.nodes]
        for column, node in enumerate(target.nodes):
            self._by_key.setdefault(name_key(node.name), []).append(column)
            above = target.parent(node)
            while above is not None:
                self._below.setdefault(above.category_id, []).append(column)
                above = target.parent(above)

    def favour(self, block: Floats, rows: Sequence[int], parent_column: dict[str, int]) -> None:
        """Raise the scores of a block in place; they stay below 1."""
        block *= 1 - _PLACE - _SAME_NAME
        for i, row in enumerate(rows):
            node = self._source.nodes[row]
            block[i, self._by_key.get(name_key(node.name), [])] += _SAME_NAME
            parent = parent_column.get(node.parent_id)
            if parent is not None:
                block[i, self._below.get(self._ids[parent], [])] += _PLACE


def _blocks(source: Tree, rows: Sequence[int]) -> Iterator[list[int]]:
    """Rows of one depth at a time, a few together."""
    start = 0
    while start < len(rows):
        depth = len(source.nodes[rows[start]].parts)
        end = start
        while end < min(len(rows), start + _BLOCK) and len(source.nodes[rows[end]].parts) == depth:
            end += 1
        yield list(rows[start:end])
        start = end


def _relation(old: Node, new: Node, *, mutual: bool) -> Relation:
    if not new.leaf:
        return "broad"
    return "exact" if mutual and name_key(old.name) == name_key(new.name) else "close"


def _link(
    old: Node,
    new: Node | None,
    relation: Relation,
    confidence: float,
    evidence: str,
    *,
    alternative: bool = False,
) -> Link:
    sure = round(min(max(confidence, 0.0), _MOST), 3)
    status: Status = "accepted" if sure >= ACCEPTED else "review"
    return Link(
        old_id=old.category_id,
        old_path=old.category_path,
        new_id=new.category_id if new else "",
        new_path=new.category_path if new else "",
        relation=relation,
        kind="leaf" if (new or old).leaf else "inner",
        confidence=sure,
        evidence=evidence,
        status="alternative" if alternative else status,
    )
