"""Which comparison a folder holds, so that a run goes on with its own and never with another's."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

from catalog.errors import WorkspaceError
from graph.batch.files import write_atomic

STATE_FILE = "state.json"


def begin(out: Path, what: Mapping[str, str], *, go_on: bool) -> str:
    """The comparison's id, new or that of the folder, which is made where missing.

    Args:
        what: makes it this comparison and no other.
        go_on: a folder that holds this comparison already is taken up again.

    Raises:
        WorkspaceError: the folder holds another comparison, or this one and nobody said to go on.
    """
    path = out / STATE_FILE
    if not path.is_file():
        identity = uuid.uuid4().hex
        out.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [json.dumps({"id": identity, **what}, indent=1).encode()])
        return identity
    standing = _read(path)
    changed = [name for name in what if standing.get(name) != what[name]]
    if changed:
        raise WorkspaceError(
            f"`{out}` holds another comparison: not the same {', '.join(changed)}.",
            fix="Name another `--out`; answers that are known are not paid again.",
        )
    if not go_on:
        raise WorkspaceError(
            f"`{out}` holds this comparison already.",
            fix="Go on: `--resume`. Ask failed trials again: `--retry-errors`. Or name another `--out`.",
        )
    return standing["id"]


def _read(path: Path) -> dict[str, str]:
    try:
        standing: dict[str, str] = json.loads(path.read_text("utf-8"))
        standing["id"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"`{path}` is damaged: {error}.", fix="Name another `--out`.") from error
    return standing
