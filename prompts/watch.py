"""Notices that somebody edited a prompt, so that a chat takes it at the next turn."""

from pathlib import Path

_WATCHED = (".jinja", ".toml")
_Stamp = tuple[str, int, int]


class PromptWatch:
    """Looks at the files of a folder; costs a directory listing.

    Args:
        overlay: the user's own folder; None never changes.
    """

    def __init__(self, overlay: Path | None) -> None:
        self._overlay = overlay
        self._seen = self._stamps()

    def changed(self) -> bool:
        """Whether a file was written, added or removed since the last call."""
        before, self._seen = self._seen, self._stamps()
        return before != self._seen

    def _stamps(self) -> frozenset[_Stamp]:
        if self._overlay is None or not self._overlay.is_dir():
            return frozenset()
        stamps = (_stamp(path) for path in self._overlay.rglob("*") if path.suffix in _WATCHED)
        return frozenset(stamp for stamp in stamps if stamp)


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:  # an editor replaces a file by removing it first
        return None
    return str(path), found.st_mtime_ns, found.st_size
