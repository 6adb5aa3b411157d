"""The categories of a workspace, `taxonomy.json`: leaves only, so that paths bring what is above them."""

from pathlib import Path

from catalog.product import PATH_SEPARATOR
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, error
from taxonomy.formats.json_file import read_json

KEY = "categories"


def read_workspace(path: Path, locale: str) -> Drafts:
    """`{"categories": [{"category_id", "category_path", "names", "description"}]}`."""
    document, finder = read_json(path)
    drafts: list[Draft] = []
    findings: list[Finding] = []
    for row in document[KEY]:
        category_path = str(row.get("category_path") or "") if isinstance(row, dict) else ""
        parts = tuple(part.strip() for part in category_path.split(PATH_SEPARATOR))
        place = finder.place("category_path", category_path)
        if not all(parts):
            findings.append(error("malformed", place, f"{row!r} has no `category_path`."))
            continue
        drafts.append(
            Draft(
                place=place,
                category_id=str(row.get("category_id") or ""),
                name=parts[-1],
                path=parts,
                locale=locale,
                description=str(row.get("description") or ""),
                leaf=True,
            )
        )
    return Drafts("workspace", drafts, findings, implied_parents=True)
