"""From what a reviewer typed to a category, or to those that were perhaps meant."""

from collections.abc import Mapping
from difflib import get_close_matches

from catalog.errors import TaxonomyError
from catalog.product import PATH_SEPARATOR

_SUGGESTED = 5
_SIMILARITY = 0.5


def find_category(typed: str, paths_by_id: Mapping[str, str]) -> str:
    """The path of a category given by its id, its path or, where only one has it, its leaf's name.

    Case and spaces around ` > ` do not count.

    Raises:
        TaxonomyError: no category is called so; the fix names those that are spelled alike.
    """
    text = typed.strip()
    if text in paths_by_id:
        return paths_by_id[text]
    paths = list(paths_by_id.values())
    alike = [path for path in paths if _folded(path) == _folded(text)]
    alike = alike or [path for path in paths if _folded(_leaf(path)) == _folded(text)]
    if len(alike) == 1:
        return alike[0]
    close = alike or close_categories(text, paths)
    meant = " or ".join(map(repr, close[:_SUGGESTED]))
    raise TaxonomyError(
        f"{typed!r} names {len(alike) or 'no'} categor{'ies' if alike else 'y'} of {len(paths)}.",
        fix=f"Did you mean {meant}?" if meant else "Write a path of the taxonomy, root first.",
    )


def close_categories(typed: str, paths: list[str]) -> list[str]:
    """Paths that are spelled like it, whole or in their leaf, best first."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        for name in {_folded(path), _folded(_leaf(path))}:
            by_name.setdefault(name, []).append(path)
    names = get_close_matches(_folded(typed), by_name, n=_SUGGESTED, cutoff=_SIMILARITY)
    names += [name for name in by_name if _folded(typed) in name] if typed.strip() else []
    return list(dict.fromkeys(path for name in names for path in by_name[name]))[:_SUGGESTED]


def _leaf(path: str) -> str:
    return path.rpartition(PATH_SEPARATOR)[2]


def _folded(path: str) -> str:
    return ">".join(part.strip().casefold() for part in path.split(">"))
