"""A taxonomy for a tree in a browser: branches one by one, and search in a few milliseconds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from agents.case import Record
from catalog.product import PATH_SEPARATOR
from catalog.text import text_key

PAGE: Final = 200
_HITS: Final = 60


class Branch(Record):
    """A node of the tree.

    Attributes:
        path: root first; also its name in requests.
        category_id: empty where products are only put further down.
        below: categories under it.
        hit: it is what the search found, not only on the way there.
    """

    path: str
    name: str
    depth: int
    category_id: str
    below: int
    hit: bool = False


class Branches(Record):
    """A part of the tree, in its order.

    Attributes:
        total: how many there are in all.
    """

    branches: tuple[Branch, ...]
    total: int


@dataclass(slots=True)
class _Node:
    path: str
    key: str
    leaf_key: str
    length: int = 0
    category_id: str = ""
    below: int = 0
    place: int = 0
    children: list["_Node"] = field(default_factory=list)


class CategoryTree:
    """All categories by their paths; the keys for the search are made once.

    Args:
        paths_by_id: path of every category by its id.
    """

    def __init__(self, paths_by_id: Mapping[str, str]) -> None:
        self._nodes: dict[str, _Node] = {"": _Node("", "", "")}
        for category_id, path in paths_by_id.items():
            self._add(path).category_id = category_id
            for above in _above(path):
                self._nodes[above].below += 1
        self._order = list(self._walk(self._nodes[""]))[1:]
        for place, node in enumerate(self._order):
            node.place = place
        self.categories = len(paths_by_id)

    def children(self, path: str, offset: int = 0) -> Branches:
        """A page of the branches under a path; an empty path has the roots."""
        found = self._nodes[path].children if path in self._nodes else []
        page = found[offset : offset + PAGE]
        return Branches(branches=tuple(_branch(node) for node in page), total=len(found))

    def search(self, words: str) -> Branches:
        """The best hits with the branches above them; `total` counts all hits.

        A branch is hit when its path holds all words and its last part at least one of them; those whose last
        part begins with the words come first.
        """
        wanted = text_key(words).split()
        if not wanted:
            return self.children("")
        found = self._order
        for word in wanted:
            found = [node for node in found if word in node.key]
        found = [node for node in found if any(map(node.leaf_key.__contains__, wanted))]
        hits = {node.place for node in _best(found, wanted)}
        above = {
            self._nodes[path].place for place in hits for path in _above(self._order[place].path) if path
        }
        rows = tuple(_branch(self._order[place], hit=place in hits) for place in sorted(hits | above))
        return Branches(branches=rows, total=len(found))

    def _add(self, path: str) -> _Node:
        if path not in self._nodes:
            above, _, leaf = path.rpartition(PATH_SEPARATOR)
            parent = self._add(above)
            node = _Node(path, text_key(path), text_key(leaf), len(path))
            self._nodes[path] = node
            parent.children.append(node)
        return self._nodes[path]

    def _walk(self, node: _Node) -> Iterable[_Node]:
        """Depth first, names in order."""
        yield node
        node.children.sort(key=lambda child: child.leaf_key)
        for child in node.children:
            yield from self._walk(child)


def _above(path: str) -> list[str]:
    parts = path.split(PATH_SEPARATOR)
    return [PATH_SEPARATOR.join(parts[:depth]) for depth in range(len(parts))]


def _best(found: Sequence[_Node], wanted: Sequence[str]) -> list[_Node]:
    """Named so, then beginning so, then with all words in the last part; short paths first."""
    joined = " ".join(wanted)
    better: tuple[Callable[[str], bool], ...] = (
        lambda leaf: leaf == joined,
        lambda leaf: leaf.startswith(joined),
        lambda leaf: all(map(leaf.__contains__, wanted)),
        lambda _: True,
    )
    best: dict[int, _Node] = {}
    for test in better:
        chosen = [node for node in found if test(node.leaf_key)]
        best |= {node.place: node for node in sorted(chosen, key=attrgetter("length"))}
        if len(best) >= _HITS:
            break
    return list(best.values())[:_HITS]


def _branch(node: _Node, *, hit: bool = False) -> Branch:
    *above, name = node.path.split(PATH_SEPARATOR)
    return Branch(
        path=node.path, name=name, depth=len(above), category_id=node.category_id, below=node.below, hit=hit
    )
