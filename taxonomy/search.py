"""Looking a category up, and drawing a part of a tree."""

from collections.abc import Iterator

from catalog.text import text_key
from taxonomy.names import name_key
from taxonomy.node import Node
from taxonomy.tree import Tree


def find(tree: Tree, words: str, limit: int) -> list[Node]:
    """Categories with all these words in a name, a path or an id; the name says it before the path does."""
    wanted = text_key(words).split()
    ranked = [(rank, node) for node in tree if (rank := _rank(node, words, wanted)) is not None]
    ordered = sorted(ranked, key=lambda pair: (pair[0], len(pair[1].category_path)))
    return [node for _, node in ordered[:limit]]


def _rank(node: Node, words: str, wanted: list[str]) -> int | None:
    names = [node.name, *node.names.values()]
    if node.category_id == words or any(name_key(name) == name_key(words) for name in names):
        return 0
    if any(_holds(name, wanted) for name in names):
        return 1
    return 2 if _holds(node.category_path, wanted) else None


def _holds(text: str, wanted: list[str]) -> bool:
    found = text_key(text)
    return bool(wanted) and all(word in found for word in wanted)


def outline(tree: Tree, root: Node | None, depth: int) -> Iterator[str]:
    """Names below a category, indented, down to `depth` levels; a cut branch says how much it holds."""
    yield from _branch(tree, root.category_id if root else "", 0, depth)


def _branch(tree: Tree, category_id: str, level: int, depth: int) -> Iterator[str]:
    for node in tree.children(category_id):
        cut = level + 1 >= depth and bool(tree.children(node.category_id))
        more = f"  ({len(tree.leaves_below(node)):,} leaves)" if cut else ""
        yield f"{'  ' * level}{node.name}{more}"
        if not cut:
            yield from _branch(tree, node.category_id, level + 1, depth)
