"""Which encoder fits a catalog's language: the English one or the multilingual one."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from .lexicon import ENGLISH, OTHER_LANGUAGES

_ENGLISH_CODES = frozenset({"en", "eng", "us", "gb"})  # also marketplaces that write countries for locales
_NO_LANGUAGE = frozenset({"", "mul", "und", "zxx", "xx"})
# What USE-multilingual was trained on (Yang et al. 2020).
_TRAINED_ON = frozenset(
    {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
)
_TOLERATED = 0.05  # share of rows in other languages that the English encoder is left with
_NON_LATIN = 0.2  # share of a text's letters
_ACCENTED = 0.15  # share of the texts
_SAMPLE = 5_000
_WORD = re.compile(r"[^\W\d_]+")


def choose_encoder(locales: Sequence[str], texts: Sequence[str]) -> tuple[str, str]:
    """Choose between `embedded` (English) and `embedded-multilingual`.

    A row's language is its locale's, and where that is missing it is judged from the text: by its script, and
    by a vote of small words and accents. Rows that tell nothing do not count. Large catalogs are sampled
    evenly.

    Args:
        locales: one a row, such as `en-US`; empty where unknown.
        texts: one a row, such as the titles.

    Returns:
        The encoder's spec, and a sentence that says why.
    """
    step = -(-len(texts) // _SAMPLE) or 1
    rows = [(_language(locale), text) for locale, text in zip(locales, texts, strict=True)][::step]
    foreign = _foreign(rows)
    if not foreign:
        return "embedded", "Nothing in the catalog tells its language, so the English encoder is used."
    share = sum(foreign) / len(foreign)
    languages = Counter(language for language, _ in rows)
    by = "judged from the titles" if _NO_LANGUAGE.issuperset(languages) else "by its locales"
    if share <= _TOLERATED:
        return "embedded", f"The catalog is English ({1 - share:.0%}, {by}), so the English encoder is used."
    reason = f"{share:.0%} of the catalog is not English ({by}), so the multilingual encoder is used."
    return "embedded-multilingual", reason + _untrained(languages)


def _foreign(rows: Sequence[tuple[str, str]]) -> list[bool]:
    """Of the (language, text) rows that tell their language: whether each is not English."""
    known = [language not in _ENGLISH_CODES for language, _ in rows if language not in _NO_LANGUAGE]
    signs = [_sign(text) for language, text in rows if language in _NO_LANGUAGE]
    told = {"english": False, "foreign": True}
    # Few accents are names (Nescafé, L'Oréal), many are a language.
    if signs.count("accents") > _ACCENTED * len(signs):
        told["accents"] = True
    return known + [told[sign] for sign in signs if sign in told]


def _language(locale: str) -> str:
    """The primary subtag: `en` of `en-US`, `en_GB` or `EN`."""
    return re.split(r"[-_]", locale.strip().lower(), maxsplit=1)[0]


def _untrained(languages: Counter[str]) -> str:
    """A warning where the most frequent language is one that the multilingual encoder has never seen."""
    ((language, _),) = languages.most_common(1)
    if language in _TRAINED_ON | _NO_LANGUAGE:
        return ""
    return f" It was not trained on {language!r}: one that was, such as `xlm-roberta-base`, may do better."


def _sign(text: str) -> Literal["english", "foreign", "accents", "none"]:
    """What a text tells about its language."""
    letters = [letter for letter in text if letter.isalpha()]
    if sum(not _is_latin(letter) for letter in letters) > _NON_LATIN * len(letters):
        return "foreign"
    words = _WORD.findall(text.lower())
    english = sum(word in ENGLISH for word in words)
    other = sum(word in OTHER_LANGUAGES for word in words)
    if english != other:
        return "english" if english > other else "foreign"
    return "accents" if not english and not all(word.isascii() for word in words) else "none"


def _is_latin(letter: str) -> bool:
    """Basic Latin to Latin Extended-B, Latin Extended Additional (Vietnamese), and full-width forms."""
    code = ord(letter)
    return code < 0x250 or 0x1E00 <= code < 0x1F00 or 0xFF21 <= code < 0xFF5B
