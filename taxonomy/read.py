"""From files of any known form to drafts: the form is seen from the extension and the first lines."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from catalog.errors import TaxonomyError
from catalog.formats.files import open_source
from taxonomy.assemble import Assembled, assemble
from taxonomy.draft import Drafts
from taxonomy.file import drafts_of, is_tree_file
from taxonomy.formats import google, gpc, shopify, workspace
from taxonomy.formats.json_file import read_json
from taxonomy.formats.labelled import read_labelled
from taxonomy.formats.lines import numbered_lines
from taxonomy.formats.rows import path_column, read_rows

Form = Literal["google", "shopify", "gpc", "paths", "skos", "catalog", "workspace", "dual-expert"]
FORMS: tuple[Form, ...] = get_args(Form)

WORKSPACE_FILE = "taxonomy.json"
_LOCALE = r"[a-z]{2}(?:-[A-Z]{2})?"
_IN_NAME = re.compile(rf"[._-]({_LOCALE})(?:\.[a-z]+)+$")


def read_taxonomy(
    files: Sequence[Path],
    *,
    form: Form | None = None,
    locale: str | None = None,
    columns: Mapping[str, str] = {},
) -> Assembled:
    """One tree from the files of one taxonomy, such as its languages.

    Args:
        form: of all files; None sees it from each.
        locale: of the paths; None takes the first file's, English where it has several.
        columns: of a labelled catalog, our column name to its.

    Raises:
        TaxonomyError, CatalogError: a file cannot be read at all.
    """
    return assemble([read_drafts(file, form=form, columns=columns) for file in files], locale=locale)


def read_drafts(path: Path, *, form: Form | None = None, columns: Mapping[str, str] = {}) -> Drafts:
    """What one file holds."""
    if not path.exists():
        raise TaxonomyError(f"`{path}` does not exist.", fix="Give the path of a file.")
    if (path / WORKSPACE_FILE).is_file():
        path = path / WORKSPACE_FILE
    chosen = form or detect(path)
    locale = locale_of(path)
    if chosen == "catalog":
        return read_labelled(path, locale, columns)
    if chosen == "skos":
        # rdflib takes a tenth of a second to import, which the other forms need not pay.
        from taxonomy.formats.skos import read_skos

        return read_skos(path, locale)
    return _READERS[chosen](path, locale)


def locale_of(path: Path) -> str:
    """From names such as `taxonomy-with-ids.de-DE.txt` or folders such as `dist/de/`; empty when unknown."""
    found = _IN_NAME.search(path.name)
    if found:
        return found[1]
    return path.parent.name if re.fullmatch(_LOCALE, path.parent.name) else ""


def detect(path: Path) -> Form:
    """The form of a file.

    Raises:
        TaxonomyError: none that is known.
    """
    if path.is_dir():
        return "catalog"
    if is_tree_file(path):
        return "dual-expert"
    look = _LOOKS.get(path.suffix.lower())
    if look is None:
        raise TaxonomyError(
            f"`{path}` has an extension that is not read.", fix=f"Use one of {', '.join(_LOOKS)}."
        )
    return look(path)


def _text_form(path: Path) -> Form:
    return "shopify" if _first_line(path).startswith(shopify.PREFIX) else "google"


def _xml_form(path: Path) -> Form:
    return "skos" if gpc.root_tag(path) == "RDF" else "gpc"


def _first_line(path: Path) -> str:
    return next((line for _, line in numbered_lines(path) if not line.startswith("#")), "")


def _json_form(path: Path) -> Form:
    document, _ = read_json(path)
    if isinstance(document, dict) and "verticals" in document:
        return "shopify"
    if isinstance(document, dict) and isinstance(document.get(workspace.KEY), list):
        return "workspace"
    if isinstance(document, dict) and "@context" in document:
        return "skos"
    return "gpc"


def _table_form(path: Path) -> Form:
    if path.suffix.lower() == ".tsv" and gpc.TSV_LEVEL.search(_first_line(path)):
        return "gpc"
    columns = open_source(path).columns()
    if "product_id" in columns or path_column(columns) is None:
        return "catalog"
    return "paths"


def _shopify(path: Path, locale: str) -> Drafts:
    read = shopify.read_shopify_json if path.suffix.lower() == ".json" else shopify.read_shopify_text
    return read(path, locale)


def _gpc(path: Path, locale: str) -> Drafts:
    readers = {".json": gpc.read_gpc_json, ".xml": gpc.read_gpc_xml}
    return readers.get(path.suffix.lower(), gpc.read_gpc_tsv)(path, locale)


def _skos_form(_: Path) -> Form:
    return "skos"


_LOOKS: Mapping[str, Callable[[Path], Form]] = {
    ".txt": _text_form,
    ".json": _json_form,
    ".xml": _xml_form,
    **dict.fromkeys((".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".gz"), _table_form),
    **dict.fromkeys((".ttl", ".rdf", ".owl", ".nt", ".n3", ".jsonld", ".trig"), _skos_form),
}
_READERS: Mapping[str, Callable[[Path, str], Drafts]] = {
    "google": google.read_google,
    "shopify": _shopify,
    "gpc": _gpc,
    "paths": read_rows,
    "workspace": workspace.read_workspace,
    "dual-expert": lambda path, _: drafts_of(path),
}
