"""What differs between the inputs of two runs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from graph.batch.ledger import Start

_NO_VALUE = "nothing"


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two fingerprints, in words."""
    return [
        f"`{name}` was {_shown(before, name)}, is now {_shown(now, name)}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def accepted_changes(starts: Sequence[Start]) -> list[str]:
    """All changes over the runs of a folder, oldest first."""
    pairs = pairwise(starts)
    return [change for before, now in pairs for change in changes(before.fingerprint, now.fingerprint)]


def _shown(fingerprint: Mapping[str, str], name: str) -> str:
    return repr(fingerprint[name]) if name in fingerprint else _NO_VALUE
