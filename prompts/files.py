"""Where prompt files lie and what they are called: `<agent>/<name>.v<N>.jinja`."""

import re
from pathlib import Path
from typing import NamedTuple

from catalog.errors import PromptError

SHIPPED = Path(__file__).parent
SUFFIX = ".jinja"

_REF = re.compile(r"([a-z][a-z0-9_]*/[a-z][a-z0-9_]*)\.v([1-9][0-9]*)")


class Ref(NamedTuple):
    """One version of a prompt; sorts by name, then by number."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}.v{self.version}"


def parse_ref(text: str) -> Ref | None:
    """The reference that `text` spells, such as `general_expert/rank.v1`; None when it spells none."""
    matched = _REF.fullmatch(text)
    return Ref(matched[1], int(matched[2])) if matched else None


def prompt_files(root: Path) -> dict[Ref, Path]:
    """All prompt files below a folder, in order.

    Raises:
        PromptError: the folder does not exist, or a prompt file is misplaced or misnamed.
    """
    if not root.is_dir():
        raise PromptError(f"There is no prompt folder {str(root)!r}.", fix="Correct the path or create it.")
    return dict(sorted((_ref_of(path, root), path) for path in root.rglob(f"*{SUFFIX}")))


def _ref_of(path: Path, root: Path) -> Ref:
    ref = parse_ref(path.relative_to(root).as_posix().removesuffix(SUFFIX))
    if ref is None:
        raise PromptError(
            f"Prompt file {str(path)!r} is misplaced or misnamed.",
            fix=f"Name it like {str(root / 'general_expert' / 'rank.v1.jinja')!r}, in lower case.",
        )
    return ref
