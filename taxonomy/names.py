"""When two names say the same."""

from catalog.text import text_key

_LONG = 6
_SMALL = frozenset({"and", "und", "et", "y", "e", "en", "og", "och", "i", "и", "the", "of"})


def name_key(name: str) -> str:
    """Case, punctuation, plural, order and "and" do not count: `Tees & Shirts` is `shirt, tee`."""
    words = (_singular(word) for word in text_key(name).split() if word not in _SMALL)
    return " ".join(sorted(words)) or name


def near_identical(one: str, other: str) -> bool:
    """Whether two names of siblings are probably one name spelled twice: a slip of one letter at most."""
    if name_key(one) == name_key(other):
        return True
    a, b = text_key(one).split(), text_key(other).split()
    differing = [pair for pair in zip(a, b, strict=False) if pair[0] != pair[1]]
    return len(a) == len(b) and len(differing) == 1 and _one_slip(*differing[0])


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less or another, or two swapped; short words differ by a letter for good reasons."""
    if min(len(one), len(other)) < _LONG or any(c.isdigit() for c in one + other):
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return abs(len(one) - len(other)) == 1
    a, b = one[start:], other[start:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
