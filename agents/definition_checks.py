"""Whether a model's definition can be used: checks that need no second model."""

import re
from collections.abc import Sequence

from catalog.text import text_key

MAX_CHARS = 240
MIN_WORDS = 6

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_DISTINCT_SHARE = 0.6
_COPIED_SHARE = 0.8


def without_rambling(text: str) -> str:
    """One line; the first sentence alone where the rest says the same again, as small models do."""
    line = " ".join(text.split())
    first = _SENTENCE_END.split(line)[0]
    return first if repeats_itself(line) else line


def failed_checks(
    text: str, leaf: str, terms: Sequence[str], titles: Sequence[str], sibling_leaves: Sequence[str]
) -> list[str]:
    """Why a definition cannot be used; empty when it can.

    Args:
        leaf: name of the category.
        terms: words that set it apart.
        titles: of the products the model was shown; a definition is more than one of them.
        sibling_leaves: names of the categories it is told apart from.
    """
    low = text.casefold()
    opening = " ".join(low.split()[:MIN_WORDS])
    checks = {
        "length": len(low.split()) < MIN_WORDS or len(text) > MAX_CHARS,
        "repeats itself": repeats_itself(text),
        "holds no word of the category": not any(w in low for w in [*terms, *leaf.casefold().split()]),
        "names another category as itself": leaf.casefold() not in opening
        and any(s.casefold() in opening for s in sibling_leaves),
        "copies one product": any(_copied_share(text, title) > _COPIED_SHARE for title in titles),
    }
    return [name for name, failed in checks.items() if failed]


def repeats_itself(text: str) -> bool:
    words = text_key(text).split()
    return len(set(words)) < _DISTINCT_SHARE * len(words)


def _copied_share(text: str, title: str) -> float:
    """Share of the text's words that stand in the title."""
    words, of_title = text_key(text).split(), set(text_key(title).split())
    return sum(word in of_title for word in words) / max(1, len(words))
