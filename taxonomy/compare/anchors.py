"""Categories that are surely the same: by id, by path, or by name under the same parent."""

from dataclasses import dataclass, field

from taxonomy.names import name_key
from taxonomy.node import Node
from taxonomy.tree import Tree

# Ids of two shops may collide: `1` is a root in many a tree.
_TRUSTED = 0.5
_SURE = 0.98


@dataclass
class Matching:
    """A one-to-one matching that grows.

    Attributes:
        new_of, old_of: id to id, both ways.
        why: evidence, by old id.
        confidence: by old id.
    """

    new_of: dict[str, str] = field(default_factory=dict)
    old_of: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)

    def add(self, old: Node, new: Node, why: str, confidence: float) -> None:
        self.new_of[old.category_id] = new.category_id
        self.old_of[new.category_id] = old.category_id
        self.why[old.category_id] = why
        self.confidence[old.category_id] = confidence

    def free(self, old: Node, new: Node | None) -> bool:
        """Whether both are still without a partner."""
        return new is not None and old.category_id not in self.new_of and new.category_id not in self.old_of


def anchored(old: Tree, new: Tree) -> Matching:
    """All sure pairs."""
    found = Matching()
    if ids_trusted(old, new):
        for node in old:
            twin = new.by_id.get(node.category_id)
            if twin is not None:
                alike = name_key(node.name) == name_key(twin.name) or node.parent_id == twin.parent_id
                found.add(node, twin, "same id", 1.0 if alike else 0.9)
    for node in old:
        twin = new.by_path.get(node.category_path)
        if twin is not None and found.free(node, twin):
            found.add(node, twin, "same path", 1.0)
    follow_parents(old, new, found, _SURE)
    return found


def ids_trusted(old: Tree, new: Tree) -> bool:
    """Whether equal ids mean equal categories: most of them must agree in name."""
    shared = [(node, new.by_id[node.category_id]) for node in old if node.category_id in new.by_id]
    alike = sum(name_key(a.name) == name_key(b.name) for a, b in shared)
    return bool(shared) and alike >= _TRUSTED * len(shared)


def follow_parents(old: Tree, new: Tree, found: Matching, confidence: float) -> None:
    """Down the tree: what is called the same under the same parent is the same."""
    for node in sorted(old, key=lambda one: len(one.parts)):
        if node.category_id in found.new_of:
            continue
        parent = found.new_of.get(node.parent_id, "")
        if node.parent_id and not parent:
            continue
        for twin in new.children(parent):
            if found.free(node, twin) and name_key(twin.name) == name_key(node.name):
                found.add(node, twin, "same name under the same parent", confidence)
                break
