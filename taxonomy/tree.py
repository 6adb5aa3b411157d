"""`Tree`: all categories of one taxonomy, inner ones too, each known by its id and its path."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from catalog.errors import TaxonomyError
from catalog.product import PATH_SEPARATOR
from taxonomy.node import Node


class Tree:
    """Categories in the order of their source.

    Args:
        locale: language of the paths; empty when unknown.
        source: the form that it was read from, such as `google`.

    Raises:
        TaxonomyError: an id or a path stands twice, or a parent is missing.
    """

    def __init__(self, nodes: Iterable[Node], *, locale: str = "", source: str = "") -> None:
        self.nodes = tuple(nodes)
        self.locale = locale
        self.source = source
        self.by_id: Mapping[str, Node] = {node.category_id: node for node in self.nodes}
        self.by_path: Mapping[str, Node] = {node.category_path: node for node in self.nodes}
        self._refuse_contradictions()

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @property
    def leaves(self) -> list[Node]:
        """Categories that products are put in."""
        return [node for node in self.nodes if node.leaf]

    @property
    def locales(self) -> list[str]:
        """All languages with a name, sorted."""
        return sorted({locale for node in self.nodes for locale in node.names})

    def get(self, path_or_id: str) -> Node | None:
        return self.by_id.get(path_or_id) or self.by_path.get(path_or_id)

    def require(self, path_or_id: str) -> Node:
        """Raises TaxonomyError when there is no such category."""
        node = self.get(path_or_id)
        if node is None:
            raise TaxonomyError(
                f"{path_or_id!r} is not among the {len(self):,} categories.",
                fix="Give an id or a path, root first, joined with ' > '.",
            )
        return node

    def children(self, category_id: str = "") -> list[Node]:
        """Categories right below; without an id, the roots."""
        return self._children.get(category_id, [])

    def parent(self, node: Node) -> Node | None:
        return self.by_id.get(node.parent_id)

    def siblings(self, node: Node) -> list[Node]:
        """The other categories under the same parent."""
        return [one for one in self.children(node.parent_id) if one is not node]

    def leaves_below(self, node: Node) -> list[Node]:
        """Leaves under a category, itself not among them."""
        found: list[Node] = []
        waiting = list(reversed(self.children(node.category_id)))
        while waiting:
            one = waiting.pop()
            if one.leaf:
                found.append(one)
            waiting.extend(reversed(self.children(one.category_id)))
        return found

    def localized_path(self, node: Node, locale: str) -> str:
        """Path in another language; a name that it lacks stays in the main one."""
        parts = [node.names.get(locale, node.name)]
        while (above := self.parent(node)) is not None:
            node = above
            parts.append(node.names.get(locale, node.name))
        return PATH_SEPARATOR.join(reversed(parts))

    @cached_property
    def _children(self) -> dict[str, list[Node]]:
        below: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            below[node.parent_id].append(node)
        return dict(below)

    def _refuse_contradictions(self) -> None:
        seen: set[str] = set()
        for node in self.nodes:
            for value in {node.category_id, node.category_path}:
                if value in seen:
                    raise TaxonomyError(f"{value!r} stands twice in the taxonomy.", fix="Remove one of them.")
                seen.add(value)
            if any(parent not in self.by_id for parent in node.parents):
                raise TaxonomyError(
                    f"{node.category_id!r} stands under a category that is missing.", fix="Import it again."
                )
