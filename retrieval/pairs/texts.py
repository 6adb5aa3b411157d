"""A product beside one candidate category as token ids: what the cross-encoder reads.

`start PRODUCT end PATH end EVIDENCE end …`, without the start where a decoder has none: the texts are cut up
once and joined by their ids, so that a product with ten candidates is not cut up ten times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.taxonomy import Category

Tokens = list[int]

EVIDENCE_TOKENS = 24
_PROBE = "a"


@dataclass(frozen=True, slots=True)
class Pair:
    """Attributes:
    ids: token ids, special ones included.
    product: how many of them, from the first on, are the product's segment.
    """

    ids: Tokens
    product: int


def category_text(category: Category) -> str:
    """A label path leaf first, then upwards, as the encoder is trained on it."""
    return " . ".join(reversed(category.parts))


class PairTexts:
    """Cuts texts up and joins them to pairs, framed as the encoder's tokenizer frames one text.

    Args:
        max_tokens: of a pair; the product takes at most half of it.

    Raises:
        EncoderError: the tokenizer puts more than one special token on a side.
    """

    def __init__(self, encoder: Encoder, max_tokens: int) -> None:
        self._encoder = encoder
        self._start, self._end, self._ended = _frame(encoder)
        self._max_tokens = max_tokens

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Ids of each text without the special ones."""
        first, last = len(self._start), 1 if self._ended else 0
        return [ids[first : len(ids) - last] for ids in self._encoder.tokenize(texts)]

    def pair(self, product: Tokens, path: Tokens, evidence: Sequence[Tokens]) -> Pair:
        """Join the ids that `tokenize` gave."""
        room = self._max_tokens // 2 - len(self._start) - 1
        first = [*self._start, *product[:room], self._end]
        second = [*path, *(i for title in evidence for i in (self._end, *title[:EVIDENCE_TOKENS]))]
        room = self._max_tokens - len(first) - 1
        return Pair([*first, *second[:room], self._end], len(first))


def _frame(encoder: Encoder) -> tuple[Tokens, int, bool]:
    """What stands before a text, what ends one in a pair, and whether a single text has that end too.

    BERT frames a text on both sides. Decoders put one token before it, or none; then a pair's texts end with
    that one, or with the padding token, which is what they make of an empty text.
    """
    empty, word = encoder.tokenize(["", _PROBE])
    if len(empty) == 2 and [word[0], word[-1]] == empty:
        return empty[:1], empty[1], True
    if len(empty) == 1:
        return (empty if word[0] == empty[0] else []), empty[0], False
    raise EncoderError(
        f"The encoder {encoder.spec!r} cannot read two texts as a pair.",
        fix="Choose one whose tokenizer puts at most one special token on either side of a text.",
    )
