"""A tree on disk: JSON lines, a header and then one category a line, in the order of the tree."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.errors import TaxonomyError
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Place
from taxonomy.node import Node
from taxonomy.tree import Tree

FORMAT: Final = "dual-expert taxonomy"
_MARK = f'{{"format":"{FORMAT}"'


class Header(BaseModel):
    """The first line.

    Attributes:
        locale: language of the paths; empty when unknown.
        source: the form that it was read from.
        categories: lines that follow.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["dual-expert taxonomy"] = FORMAT
    version: Literal[1] = 1
    locale: str
    source: str
    categories: int


def save_tree(tree: Tree, path: Path) -> None:
    """Replace the file in one step.

    Raises:
        TaxonomyError: it cannot be written.
    """
    header = Header(locale=tree.locale, source=tree.source, categories=len(tree))
    lines = [header.model_dump_json(), *(_line(node) for node in tree)]
    beside = path.with_name(path.name + ".writing")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("\n".join(lines) + "\n", "utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise TaxonomyError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error


def load_tree(path: Path) -> Tree:
    """What `save_tree` wrote.

    Raises:
        TaxonomyError: not such a file, damaged or cut off; names the line.
    """
    lines = _lines(path)
    try:
        header = Header.model_validate_json(next(lines)[1])
    except (StopIteration, ValidationError) as error:
        raise TaxonomyError(
            f"`{path}` is not a taxonomy file of this version.",
            fix="Import it: `dual-expert taxonomy import`.",
        ) from error
    nodes = [_node(path, number, line) for number, line in lines]
    if len(nodes) != header.categories:
        raise TaxonomyError(
            f"`{path}` holds {len(nodes)} of {header.categories} categories.", fix="Import it again."
        )
    return Tree(nodes, locale=header.locale, source=header.source)


def is_tree_file(path: Path) -> bool:
    """Whether the file begins as `save_tree` begins."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK.encode()


def drafts_of(path: Path) -> Drafts:
    """The categories of such a file as drafts, to merge it with files of other languages."""
    tree = load_tree(path)
    drafts = [
        draft for number, node in enumerate(tree, start=2) for draft in _drafts(path, number, node, tree)
    ]
    return Drafts(tree.source, drafts)


def _drafts(path: Path, number: int, node: Node, tree: Tree) -> Iterator[Draft]:
    place = Place(str(path), number)
    for locale, name in {tree.locale: node.name, **node.names}.items():
        own = locale == tree.locale
        yield Draft(
            place=place,
            category_id=node.category_id,
            name=node.name if own else name,
            path=node.parts if own else (),
            parents=node.parents,
            locale=locale,
            description=node.description,
            leaf=node.leaf,
        )


def _line(node: Node) -> str:
    return json.dumps(node.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"`{path}` cannot be read: {error}.", fix="Check the path.") from error
    yield from ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line)


def _node(path: Path, number: int, line: str) -> Node:
    try:
        return Node.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        raise TaxonomyError(f"`{path}` line {number}: {problem['msg']}.", fix="Import it again.") from error
