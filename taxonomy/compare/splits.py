"""Categories that became several, and categories that went into another."""

from catalog.text import text_key
from taxonomy.compare.anchors import Matching
from taxonomy.compare.products import SharedProducts
from taxonomy.node import Node
from taxonomy.tree import Tree

PART = 0.1
WHOLE = 0.9


def parts_by_products(old: Node, new: Tree, matching: Matching, products: SharedProducts) -> dict[str, float]:
    """New categories that took a part of its products, with the share; empty when it stayed together.

    A stray product that was labelled anew into a category that stood before makes no split.
    """
    partner = matching.new_of.get(old.category_id)
    shares = {
        node.category_id: share
        for path, share in products.shares(old.category_path).items()
        if share >= PART and (node := new.by_path.get(path)) is not None
    }
    known = {one for one in shares if one != partner and one in matching.old_of}
    parts = {one: share for one, share in shares.items() if one not in known}
    return parts if len(parts) > 1 and max(parts.values()) < WHOLE else {}


def parts_by_tree(old: Node, new: Tree, matching: Matching) -> list[Node]:
    """The leaves below its successor, when what was a leaf has children now."""
    partner = matching.new_of.get(old.category_id)
    if not old.leaf or partner is None or new.by_id[partner].leaf:
        return []
    return new.leaves_below(new.by_id[partner])


def parts_by_name(old: Node, new: Tree, matching: Matching) -> list[Node]:
    """New siblings that share its name out: `Tea & Coffee` to `Tea` and `Coffee`, `Shirts` to its kinds."""
    parent = matching.new_of.get(old.parent_id, "")
    if old.parent_id and not parent:
        return []
    own = _words(old.name)
    free = [one for one in new.children(parent) if one.category_id not in matching.old_of]
    inside = [one for one in free if _words(one.name) < own]
    if len(inside) > 1 and set().union(*(_words(one.name) for one in inside)) == own:
        return inside
    kinds = [one for one in free if _words(one.name) > own]
    return kinds if len(kinds) > 1 else []


def swallowed_by(old: Node, old_tree: Tree, new: Tree, matching: Matching) -> tuple[Node, str] | None:
    """A new category that took in an old one whole, and why we think so: by its name or its place."""
    above = matching.new_of.get(old.parent_id, "")
    if above and new.by_id[above].leaf:
        return new.by_id[above], "its parent has no children any more"
    own = _words(old.name)
    for one in new.children(above) if above or not old.parent_id else ():
        if one.leaf and own < _words(one.name) and _other_words_were_siblings(own, one, old, old_tree):
            return one, "its name is part of the new one"
    return None


def _other_words_were_siblings(own: frozenset[str], new: Node, old: Node, tree: Tree) -> bool:
    rest = _words(new.name) - own
    return any(_words(sibling.name) & rest for sibling in tree.siblings(old))


def _words(name: str) -> frozenset[str]:
    return frozenset(text_key(name).split()) - {"and"}
