"""`dual-expert taxonomy`: read trees of categories, look at them, and live with their changes."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.bundles import expanded
from app.commands.taxonomy_change import add, diff, map_taxonomy, migrate
from app.exits import OK
from app.options import Columns, OutputOptions, column_mapping
from app.output import Output, plain
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from taxonomy.findings import Finding
    from taxonomy.node import Node
    from taxonomy.read import Form
    from taxonomy.tree import Tree

_SHOWN_FINDINGS = 20
_DEPTH = 2

TreeFile = Annotated[Path, typer.Argument(metavar="FILE", help="A taxonomy of any form that is read.")]


def group() -> typer.Typer:
    """The command's subcommands."""
    app = typer.Typer(help="Trees of categories: import, look, compare, change, map onto another shop's.")
    app.command("import")(expanded(import_taxonomy))
    app.command("show")(expanded(show))
    app.command("diff")(expanded(diff))
    app.command("map")(expanded(map_taxonomy))
    app.command("migrate")(expanded(migrate))
    app.command("add")(expanded(add))
    return app


def import_taxonomy(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Google, Shopify, GPC, SKOS, paths, or a labelled catalog."),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it: JSON lines.")],
    output: OutputOptions,
    form: Annotated[
        str | None, typer.Option("--format", help="Form of the files; seen from each where not given.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option(help="Language of the paths, where the files hold several.")
    ] = None,
    column: Columns = None,
) -> int:
    """Read a taxonomy, check it, and write it in one form; several files are its languages."""
    from taxonomy.file import save_tree
    from taxonomy.findings import refuse_errors
    from taxonomy.read import read_taxonomy

    console = Output(output)
    read = read_taxonomy(files, form=_form(form), locale=locale, columns=column_mapping(column))
    _tell(console, read.findings)
    refuse_errors(read.findings)
    assert read.tree is not None  # without errors there is a tree
    save_tree(read.tree, out)
    console.show(
        {"out": str(out), **_figures(read.tree), "findings": [_document(one) for one in read.findings]},
        _sentence(read.tree, out),
    )
    return OK


def show(
    file: TreeFile,
    output: OutputOptions,
    search: Annotated[str, typer.Option(metavar="WORDS", help="Categories with these words.")] = "",
    category: Annotated[str, typer.Option(metavar="PATH_OR_ID", help="One category, and what is near.")] = "",
    depth: Annotated[int, typer.Option(min=1, help="Levels of the tree to draw.")] = _DEPTH,
    limit: Annotated[int, typer.Option(min=1, help="At most so many found.")] = 20,
) -> int:
    """Draw a taxonomy, search it, or show one category."""
    from taxonomy.open import open_tree
    from taxonomy.search import find, outline

    tree, console = open_tree(file), Output(output)
    if search:
        found = find(tree, search, limit)
        lines = [f"{plain(node.category_path)}  [{plain(node.category_id)}]" for node in found]
        nodes = [node.model_dump() for node in found]
        console.show({"found": nodes}, "\n".join(lines) or "Nothing found.")
        return OK
    if category:
        node = tree.require(category)
        console.show(_one(tree, node), _card(tree, node))
        return OK
    lines = list(outline(tree, None, depth))
    console.show({**_figures(tree), "outline": lines}, "\n".join(map(_plain_indented, lines)))
    return OK


def _form(given: str | None) -> "Form | None":
    from taxonomy.read import FORMS

    found = next((one for one in FORMS if one == given), None)
    if given is not None and found is None:
        raise SettingsError(f"`--format` is {given!r}.", fix=f"Choose among {', '.join(FORMS)}.")
    return found


def _tell(console: Output, findings: "tuple[Finding, ...] | list[Finding] | Any") -> None:
    for one in findings[:_SHOWN_FINDINGS]:
        console.messages.print(f"{one.level}: {plain(str(one))}", soft_wrap=True)
    if len(findings) > _SHOWN_FINDINGS:
        console.messages.print(f"… and {len(findings) - _SHOWN_FINDINGS:,} more; `--json` lists all.")


def _figures(tree: "Tree") -> dict[str, object]:
    return {
        "categories": len(tree),
        "leaves": len(tree.leaves),
        "roots": len(tree.children()),
        "locale": tree.locale,
        "locales": tree.locales,
        "source": tree.source,
    }


def _sentence(tree: "Tree", out: Path) -> str:
    languages = len(tree.locales)
    named = f" in {languages} languages" if languages > 1 else ""
    return f"{len(tree):,} categories, {len(tree.leaves):,} of them leaves,{named} in {out}."


def _document(finding: "Finding") -> dict[str, Any]:
    return asdict(finding)


def _one(tree: "Tree", node: "Node") -> dict[str, object]:
    return {
        "category": node.model_dump(),
        "children": [one.category_path for one in tree.children(node.category_id)],
        "siblings": [one.category_path for one in tree.siblings(node)],
    }


def _card(tree: "Tree", node: "Node") -> str:
    names = ", ".join(f"{locale}: {name}" for locale, name in sorted(node.names.items()))
    facts = {
        "id": node.category_id,
        "names": names,
        "description": node.description,
        "children": ", ".join(one.name for one in tree.children(node.category_id)),
        "siblings": ", ".join(one.name for one in tree.siblings(node)),
    }
    lines = [f"{name}: {plain(text)}" for name, text in facts.items() if text]
    return "\n".join([plain(node.category_path), *lines])


def _plain_indented(line: str) -> str:
    text = line.lstrip(" ")
    return " " * (len(line) - len(text)) + plain(text)
