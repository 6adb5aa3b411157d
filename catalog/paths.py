"""Category paths as they stand in a catalog: root first, joined with ` > `."""

from catalog.product import LABEL_SEPARATOR, PATH_SEPARATOR


def clean_path(path: str) -> str:
    """One spelling for every path: trimmed parts, single ` > ` between them.

    Raises:
        ValueError: the path has an empty part.
    """
    parts = [part.strip() for part in path.split(PATH_SEPARATOR)]
    if not all(parts):
        raise ValueError(f"Category path {path!r} has an empty part.")
    return PATH_SEPARATOR.join(parts)


def split_paths(text: str) -> tuple[str, ...]:
    """The clean paths of a cell that holds one or several, joined with `|`; each once, in order.

    Raises:
        ValueError: a path has an empty part.
    """
    paths = (clean_path(path) for path in text.split(LABEL_SEPARATOR) if path.strip())
    return tuple(dict.fromkeys(paths))
