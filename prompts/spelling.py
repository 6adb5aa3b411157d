"""The hint for a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that names the closest known word; empty when nothing is known."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.0)
    return f"Did you mean `{close[0]}`?" if close else ""
