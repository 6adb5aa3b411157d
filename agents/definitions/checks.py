"""Whether a definition can be used: checks that need no second model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.text import text_key

MAX_CHARS = 320
MIN_WORDS = 6

_OPENING_WORDS = 8
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_DISTINCT_SHARE = 0.6
_COPIED_SHARE = 0.8


@dataclass(frozen=True)
class Other:
    """A category that the definition must tell its own apart from.

    Attributes:
        label: its name, as the definition calls it.
        terms: words that are typical of it.
    """

    label: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What a definition is held against.

    Attributes:
        leaf: name of the category.
        terms: words that set it apart.
        titles: of the products the model was shown; a definition is more than one of them.
        others: its confusable siblings.
    """

    leaf: str
    terms: Sequence[str] = ()
    titles: Sequence[str] = ()
    others: Sequence[Other] = ()


def failed_checks(text: str, expected: Expected) -> tuple[str, ...]:
    """Why a definition should not be used; empty when it passes.

    The text must name no other category as itself, keep the limit, and say of each sibling either where it
    begins, by its name, or a word of this category that the sibling does not share.
    """
    low = text.casefold()
    opening = " ".join(text_key(_SENTENCE_END.split(text)[0]).split()[:_OPENING_WORDS])
    leaf = text_key(expected.leaf)
    checks = {
        "length": len(low.split()) < MIN_WORDS or len(text) > MAX_CHARS,
        "repeats itself": repeats_itself(text),
        "holds no word of the category": not any(word in low for word in [*expected.terms, *leaf.split()]),
        "names another category as itself": leaf not in opening
        and any(text_key(other.label) in opening for other in expected.others),
        "copies one product": any(_copied_share(text, title) > _COPIED_SHARE for title in expected.titles),
    }
    failed = [name for name, fails in checks.items() if fails]
    return (*failed, *(_blurs(other) for other in expected.others if not _sets_apart(low, expected, other)))


def without_rambling(text: str) -> str:
    """One line; the first sentence alone where the rest says the same again, as small models do."""
    line = " ".join(text.split())
    first = _SENTENCE_END.split(line)[0]
    return first if repeats_itself(line) else line


def repeats_itself(text: str) -> bool:
    words = text_key(text).split()
    return len(set(words)) < _DISTINCT_SHARE * len(words)


def _sets_apart(low: str, expected: Expected, other: Other) -> bool:
    own = [term for term in expected.terms if term not in other.terms]
    return other.label.casefold() in low or any(term in low for term in own)


def _blurs(other: Other) -> str:
    return f"does not set itself apart from {other.label!r}"


def _copied_share(text: str, title: str) -> float:
    """Share of the text's words that stand in the title."""
    words, of_title = text_key(text).split(), set(text_key(title).split())
    return sum(word in of_title for word in words) / max(1, len(words))
