"""Our column names and what a file calls them."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from catalog.errors import CatalogError, SettingsError

COLUMNS = (
    "product_id",
    "title",
    "description",
    "bullets",
    "brand",
    "category_path",
    "locale",
    "popularity",
)
_SHOWN_COLUMNS = 30
# Low, because a column that has to be mapped is seldom spelled alike: `id` for `product_id`.
_SIMILARITY = 0.3


def full_mapping(columns: Mapping[str, str]) -> dict[str, str]:
    """Our name of every column to the file's, from a mapping of those that differ.

    Raises:
        SettingsError: the mapping names a column that is not ours.
    """
    for name in columns:
        if name not in COLUMNS:
            close = get_close_matches(name, COLUMNS, n=1, cutoff=0.0)[0]
            raise SettingsError(
                f"`--column {name}={columns[name]}` names no column of ours; they are {', '.join(COLUMNS)}.",
                fix=f"Write `--column {close}={columns[name]}`.",
            )
    return {name: columns.get(name, name) for name in COLUMNS}


def check_columns(
    path: Path, found: Sequence[str], wanted: Mapping[str, str], required: Collection[str]
) -> None:
    """Refuse a file that lacks a required column or has a wanted one twice.

    Args:
        wanted: our name to the file's.
        required: names of ours.

    Raises:
        CatalogError: names the file, the columns found and the options that repair it.
    """
    for their in wanted.values():
        if found.count(their) > 1:
            raise CatalogError(f"`{path}` has the column {their!r} twice.", fix="Rename one of them.")
    missing = {our: wanted[our] for our in wanted if our in required and wanted[our] not in found}
    if not missing:
        return
    raise CatalogError(
        f"`{path}` has no column {' and no '.join(map(repr, missing.values()))}; it has {_shown(found)}.",
        fix=_fix(found, wanted, missing),
    )


def _fix(found: Sequence[str], wanted: Mapping[str, str], missing: Mapping[str, str]) -> str:
    if len(found) == 1 and all(name in found[0] for name in missing.values()):
        return "Separate the columns by commas (.csv) or tabs (.tsv)."
    free = [name for name in found if name not in wanted.values()]
    options = " ".join(f"--column {our}={_closest(their, free)}" for our, their in missing.items())
    return f"Say which column it is, as in `{options}`."


def _closest(name: str, found: Sequence[str]) -> str:
    by_lower = {candidate.casefold(): candidate for candidate in found}
    close = get_close_matches(name.casefold(), by_lower, n=1, cutoff=_SIMILARITY)
    return by_lower[close[0]] if close else "NAME"


def _shown(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN_COLUMNS} more" if len(found) > _SHOWN_COLUMNS else ""
    return ", ".join(map(repr, found[:_SHOWN_COLUMNS])) + more
