"""What a script says: one turn a line, and blocks where a turn has several."""

import json
from collections.abc import Iterable, Iterator

FENCE = '"""'


def turns_of(lines: Iterable[str]) -> Iterator[str]:
    """Turns of a text: a line each; JSON that goes on over lines, or what stands between two lines of
    triple quotes, is one turn. Blank lines say nothing."""
    waiting = iter(lines)
    for line in waiting:
        if line.strip() == FENCE:
            yield "".join(_until_fence(waiting))
        elif line.lstrip().startswith("{") and _is_cut(line):
            yield from _json(line, waiting)
        elif line.strip():
            yield line.rstrip("\n")


def _until_fence(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() == FENCE:
            return
        yield line if line.endswith("\n") else f"{line}\n"


def _json(first: str, lines: Iterator[str]) -> Iterator[str]:
    """JSON up to its end; a blank line or a slash command ends it too, so that it swallows nothing else."""
    text = first
    for line in lines:
        if not line.strip() or line.startswith("/"):
            yield text
            if line.strip():
                yield line.rstrip("\n")
            return
        text += line
        if not _is_cut(text):
            break
    yield text.rstrip("\n")


def _is_cut(text: str) -> bool:
    """Whether it is the beginning of a JSON document."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
    except RecursionError:
        return False
    return False
