"""A product as the text that the encoder and the language model read.

Product text is written by strangers, so it is normalised before anything else sees it.
"""

import re
import unicodedata

from catalog.product import Product

DESCRIPTION_CHARS = 600

_SPACES = re.compile(r"\s+")
# Format characters (bidi, zero width, tags), controls, lone surrogates, private use.
_DROPPED = {"Cf", "Cc", "Cs", "Co", "Cn"}


def normalise(text: str) -> str:
    """NFKC form without control, bidi, zero-width or private characters, white space folded."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip()
    folded = unicodedata.normalize("NFKC", text)
    kept = "".join(
        " " if c.isspace() else c for c in folded if c.isspace() or unicodedata.category(c) not in _DROPPED
    )
    return _SPACES.sub(" ", kept).strip()


def product_text(product: Product) -> str:
    """Title, brand, bullets and the start of the description in one line, most telling first."""
    body = normalise(product.body[: 2 * DESCRIPTION_CHARS])[:DESCRIPTION_CHARS].rstrip()
    return " . ".join(part for part in (normalise(product.title), normalise(product.brand), body) if part)


def text_key(text: str) -> str:
    """Case- and punctuation-blind form under which near-identical texts are the same."""
    return " ".join(re.findall(r"\w+", normalise(text).casefold()))
