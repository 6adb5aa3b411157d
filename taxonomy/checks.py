"""What is odd in a tree that is sound."""

from collections.abc import Mapping
from itertools import pairwise

from catalog.product import LABEL_SEPARATOR
from taxonomy.findings import Finding, Place, warning
from taxonomy.names import name_key, near_identical
from taxonomy.node import Node
from taxonomy.tree import Tree


def check_siblings(tree: Tree, places: Mapping[str, Place]) -> list[Finding]:
    """Siblings whose names say the same, and names that a catalog's label column would tear apart."""
    findings = []
    parents = ["", *(node.category_id for node in tree if tree.children(node.category_id))]
    for parent in parents:
        findings += _similar(tree.children(parent), places)
    for node in tree:
        if LABEL_SEPARATOR in node.name:
            message = f"the name {node.name!r} holds {LABEL_SEPARATOR!r}, which divides labels in catalogs."
            findings.append(warning("separator_in_name", _place(node, places), message))
    return findings


def _similar(siblings: list[Node], places: Mapping[str, Place]) -> list[Finding]:
    """Neighbours in the order of their keys: all pairs would take a second for a thousand siblings."""
    found = []
    for one, other in pairwise(sorted(siblings, key=lambda node: name_key(node.name))):
        if near_identical(one.name, other.name):
            where = f" ({places[other.category_id]})" if other.category_id in places else ""
            message = f"{one.category_path!r} and its sibling {other.name!r}{where} are nearly the same."
            found.append(warning("similar_siblings", _place(one, places), message))
    return found


def _place(node: Node, places: Mapping[str, Place]) -> Place:
    return places.get(node.category_id, Place(node.category_path))
