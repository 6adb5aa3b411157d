"""Google's product taxonomy as text: `ID - Root > … > Name`, or the paths alone.

https://support.google.com/merchants/answer/6324436: `taxonomy-with-ids.LOCALE.txt`, `taxonomy.LOCALE.txt`.
"""

import re
from pathlib import Path

from catalog.product import PATH_SEPARATOR
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error
from taxonomy.formats.lines import numbered_lines

WITH_ID = re.compile(r"(\d+)\s+-\s+(.+)")


def read_google(path: Path, locale: str) -> Drafts:
    """One language; lines that begin with `#` are comments.

    Args:
        locale: of all names.
    """
    drafts: list[Draft] = []
    findings: list[Finding] = []
    with_ids: bool | None = None
    for number, line in numbered_lines(path):
        if line.startswith("#"):
            continue
        place = Place(str(path), number)
        found = WITH_ID.fullmatch(line.strip())
        if with_ids is None:
            with_ids = found is not None
        if with_ids and found is None:
            findings.append(error("malformed", place, f"{line!r} is not `ID - PATH`."))
            continue
        category_id, text = found.groups() if with_ids and found else ("", line)
        parts = tuple(part.strip() for part in text.split(PATH_SEPARATOR))
        if all(parts):
            drafts.append(Draft(place, category_id, parts[-1], path=parts, locale=locale))
        else:
            findings.append(error("malformed", place, f"the path {text!r} has an empty part."))
    return Drafts("google", drafts, findings)
