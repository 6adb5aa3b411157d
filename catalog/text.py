"""A product as the text that the encoder and the language model read.

Product text is written by strangers, so it is normalised before anything else sees it;
`docs/strangers-text.md` gives the rules.
"""

import re
import unicodedata

from catalog.product import Product

_TITLE_CHARS = 500
_BRAND_CHARS = 100
DESCRIPTION_CHARS = 600

_SPACES = re.compile(r"\s+")
# Controls, format characters (bidi, zero width, tags), lone surrogates, private use, unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Shown as nothing, yet letters or marks by their category (Default_Ignorable_Code_Point in Unicode 15): the
# combining joiner, fillers of Hangul and Khmer, Mongolian and other variation selectors.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_BRAILLE_BLANK = "\u2800"

# A joiner is spelling behind a virama of South Asia, before one in Bengali and Kannada, and, where it parts
# two letters, in the Arabic script (after UAX #31, section 2.3). Anywhere else it only hides.
_VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_ARABIC = "\u0620-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f"
_ARABIC_MARKS = "\u064b-\u065f\u0670"
_JOINER = re.compile(
    rf"((?<=[{_VIRAMA}])[\u200c\u200d]"
    r"|(?<=[\u09b0\u0cb0])\u200d(?=[\u09cd\u0ccd])"
    rf"|(?<=[{_ARABIC}{_ARABIC_MARKS}])\u200c(?=[{_ARABIC}]))"
    r"|[\u200c\u200d]"
)
# NFKC takes apart the vowel AM of Thai and Lao, which every keyboard types and every vocabulary holds as one.
_AM = re.compile("\u0e4d\u0e32|\u0ecd\u0eb2")
_WHOLE_AM = {"\u0e4d\u0e32": "\u0e33", "\u0ecd\u0eb2": "\u0eb3"}


class _Shown(dict[int, str]):
    """For `str.translate`: what stands for a character, looked up in Unicode once."""

    def __missing__(self, code: int) -> str:
        self[code] = shown = _shown(chr(code))
        return shown


def _shown(char: str) -> str:
    if char.isspace() or char == _BRAILLE_BLANK:
        return " "
    if char in "\u200c\u200d":  # `_JOINER` decides, by what stands around it
        return char
    return "" if unicodedata.category(char) in _UNSEEN or _BLANK.match(char) else char


_SHOWN = _Shown()


def normalise(text: str) -> str:
    """NFKC form on one line, without characters that show nothing; the same again when done twice."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip()
    # Dropped first, so that nothing hidden keeps letters and marks apart that NFKC puts together.
    seen = _JOINER.sub(r"\1", text.translate(_SHOWN))
    folded = _AM.sub(lambda am: _WHOLE_AM[am[0]], unicodedata.normalize("NFKC", seen))
    return _SPACES.sub(" ", folded).strip()


def clipped(text: str, chars: int) -> str:
    """The start of the normalised text, of at most `chars` characters, itself normalised."""
    return _JOINER.sub(r"\1", normalise(text)[:chars]).rstrip()


def product_text(product: Product) -> str:
    """Title, brand, bullets and the start of the description in one line, most telling first."""
    parts = (
        clipped(product.title, _TITLE_CHARS),
        clipped(product.brand, _BRAND_CHARS),
        clipped(product.body[: 2 * DESCRIPTION_CHARS], DESCRIPTION_CHARS),
    )
    return " . ".join(part for part in parts if part)


def text_key(text: str) -> str:
    """Case- and punctuation-blind form under which near-identical texts are the same."""
    return " ".join(re.findall(r"\w+", normalise(text).casefold()))
