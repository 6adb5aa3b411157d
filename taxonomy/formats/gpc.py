"""GS1's Global Product Classification: JSON and XML as its browser exports them, and a flat TSV of the tree.

Segment, family, class and brick are categories; attributes below the brick are not.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from catalog.errors import TaxonomyError
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error
from taxonomy.formats.json_file import LineFinder, read_json
from taxonomy.formats.lines import numbered_lines

LEVELS = ("segment", "family", "class", "brick")
TSV_LEVEL = re.compile(r"\(GPC (segment|family|class|brick)\)\s*$")
_EXCLUDES = "Excludes: "


def read_gpc_json(path: Path, locale: str) -> Drafts:
    """`{"LanguageCode", "Schema": [{"Level", "Code", "Title", "Definition", "Childs": […]}]}`."""
    document, finder = read_json(path)
    roots = document.get("Schema") if isinstance(document, dict) else document
    if not isinstance(roots, list):
        return Drafts("gpc", (), [error("malformed", Place(str(path)), "no list under `Schema`.")])
    own = str(document.get("LanguageCode") or "").lower() if isinstance(document, dict) else ""
    findings: list[Finding] = []
    drafts = list(_json_nodes(roots, "", 0, locale or own, finder, findings))
    return Drafts("gpc", drafts, findings)


def _json_nodes(
    nodes: list[Any], parent: str, depth: int, locale: str, finder: LineFinder, findings: list[Finding]
) -> Iterator[Draft]:
    for node in nodes:
        if not isinstance(node, dict) or not node.get("Code") or not str(node.get("Title") or "").strip():
            message = f"a {LEVELS[depth]} without `Code` or `Title`: {str(node)[:80]!r}."
            findings.append(error("malformed", finder.place(), message))
            continue
        if node.get("Active") is False:
            continue
        code = str(node["Code"])
        yield Draft(
            place=finder.place("Code", node["Code"]),
            category_id=code,
            name=str(node["Title"]).strip(),
            parents=(parent,) if parent else (),
            locale=locale,
            description=_definition(node.get("Definition"), node.get("DefinitionExcludes")),
        )
        below = node.get("Childs")
        if depth + 1 < len(LEVELS) and isinstance(below, list):
            yield from _json_nodes(below, code, depth + 1, locale, finder, findings)


def read_gpc_xml(path: Path, locale: str) -> Drafts:
    """`<schema><segment code text definition><family …><class …><brick …>`.

    Raises:
        TaxonomyError: not XML; names the line.
    """
    findings: list[Finding] = []
    drafts: list[Draft] = []
    stack: list[str] = []
    for place, tag, attributes, opens in _xml_events(path):
        if tag == "schema" and opens:
            locale = locale or str(attributes.get("languageCode", "")).lower()
        if tag not in LEVELS:
            continue
        if not opens:
            stack.pop()
            continue
        code, name = attributes.get("code", ""), attributes.get("text", "").strip()
        parents = (stack[-1],) if stack else ()
        stack.append(code)
        if code and name:
            text = _definition(attributes.get("definition"), attributes.get("definitionExcludes"))
            drafts.append(Draft(place, code, name, parents=parents, locale=locale, description=text))
        else:
            findings.append(error("malformed", place, f"a {tag} without `code` or `text`."))
    return Drafts("gpc", drafts, findings)


def _xml_events(path: Path) -> list[tuple[Place, str, dict[str, str], bool]]:
    """Tags as they open and close, with their lines, which `ElementTree` forgets."""
    events: list[tuple[Place, str, dict[str, str], bool]] = []
    parser = expat.ParserCreate()

    def seen(tag: str, attributes: dict[str, str], opens: bool) -> None:
        place = Place(str(path), parser.CurrentLineNumber)
        events.append((place, tag.rpartition(":")[2], attributes, opens))

    parser.StartElementHandler = lambda tag, attributes: seen(tag, attributes, True)
    parser.EndElementHandler = lambda tag: seen(tag, {}, False)
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, OSError) as problem:
        raise TaxonomyError(f"`{path}` is not XML: {problem}.", fix="Download it again.") from problem
    return events


def root_tag(path: Path) -> str:
    """Name of an XML file's outermost tag, without its namespace.

    Raises:
        TaxonomyError: not XML.
    """
    try:
        for _, element in ElementTree.iterparse(path, events=("start",)):
            return str(element.tag).rpartition("}")[2]
    except (ElementTree.ParseError, OSError) as problem:
        raise TaxonomyError(f"`{path}` is not XML: {problem}.", fix="Download it again.") from problem
    return ""


def read_gpc_tsv(path: Path, locale: str) -> Drafts:
    """Lines `CODE, TITLE, DEFINITION (GPC LEVEL)`, each category after the one that it stands under."""
    drafts: list[Draft] = []
    findings: list[Finding] = []
    above: list[str] = []
    for number, line in numbered_lines(path):
        place = Place(str(path), number)
        cells = line.split("\t")
        level = TSV_LEVEL.search(cells[-1])
        if len(cells) < 2 or level is None or not cells[0].strip() or not cells[1].strip():
            message = f"{line[:80]!r} is not `CODE, TITLE, DEFINITION (GPC LEVEL)`."
            findings.append(error("malformed", place, message))
            continue
        depth = LEVELS.index(level[1])
        if depth > len(above):
            findings.append(error("orphan", place, f"no {LEVELS[depth - 1]} stands before this {level[1]}."))
            continue
        code, name = cells[0].strip(), cells[1].strip()
        parents = (above[depth - 1],) if depth else ()
        above[depth:] = [code]
        text = TSV_LEVEL.sub("", " ".join(cells[2:])).strip()
        drafts.append(Draft(place, code, name, parents=parents, locale=locale, description=text))
    return Drafts("gpc", drafts, findings)


def _definition(includes: object, excludes: object) -> str:
    parts = [str(includes or "").strip(), str(excludes or "").strip()]
    if parts[1]:
        parts[1] = _EXCLUDES + parts[1]
    return " ".join(part for part in parts if part)
