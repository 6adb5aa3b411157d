"""Pages that batches, evaluations and audits wrote, found beneath folders that were named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from catalog.errors import SettingsError

_SERVED: Final = frozenset((".html", ".png", ".svg", ".css"))
_MOST: Final = 500


@dataclass(frozen=True)
class ReportPage:
    """Attributes:
    name: its path below the folder that was named, with that folder's name.
    changed: UTC, to the minute.
    """

    name: str
    url: str
    changed: str


class Reports:
    """Pages in some folders; nothing else of them is shown.

    Raises:
        SettingsError: a folder does not exist.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise SettingsError(f"`{folder}` is no folder.", fix="Correct `--reports`.")
        self._folders = [folder.resolve() for folder in folders]

    def pages(self) -> list[ReportPage]:
        """The last written first."""
        found = [(path.stat().st_mtime, number, path) for number, path in self._pages()]
        return [
            self._page(number, path, changed) for changed, number, path in sorted(found, reverse=True)[:_MOST]
        ]

    def file(self, number: int, name: str) -> Path | None:
        """The file behind a page's URL, or of a picture beside it; None for anything else."""
        if not 0 <= number < len(self._folders):
            return None
        folder = self._folders[number]
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder) and path.suffix in _SERVED
        return path if inside and path.is_file() else None

    def _pages(self) -> Iterator[tuple[int, Path]]:
        for number, folder in enumerate(self._folders):
            yield from ((number, path) for path in folder.rglob("*.html") if path.is_file())

    def _page(self, number: int, path: Path, changed: float) -> ReportPage:
        folder = self._folders[number]
        below = path.relative_to(folder)
        return ReportPage(
            name=str(folder.name / below),
            url=f"/reports/{number}/{quote(below.as_posix())}",
            changed=datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%d %H:%M"),
        )
