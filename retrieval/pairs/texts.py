"""A product beside one candidate category as token ids: what the cross-encoder reads.

`start PRODUCT end PATH end EVIDENCE end …`: the texts are cut up once and joined by their ids, so that a
product with ten candidates is not cut up ten times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.taxonomy import Category

Tokens = list[int]

EVIDENCE_TOKENS = 24


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
    """Cuts texts up and joins them to pairs.

    Args:
        max_tokens: of a pair; the product takes at most half of it.

    Raises:
        EncoderError: the encoder's tokenizer frames texts in another way than BERT's.
    """

    def __init__(self, encoder: Encoder, max_tokens: int) -> None:
        frame = encoder.tokenize([""])[0]
        if len(frame) != 2:
            raise EncoderError(
                f"The encoder {encoder.spec!r} cannot read two texts as a pair.",
                fix="Choose a BERT-like encoder for the selector, such as `embedded`.",
            )
        self._encoder = encoder
        self._start, self._end = frame
        self._max_tokens = max_tokens

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Ids of each text without the special ones."""
        return [ids[1:-1] for ids in self._encoder.tokenize(texts)]

    def pair(self, product: Tokens, path: Tokens, evidence: Sequence[Tokens]) -> Pair:
        """Join the ids that `tokenize` gave."""
        first = [self._start, *product[: self._max_tokens // 2 - 2], self._end]
        second = [*path, *(i for title in evidence for i in (self._end, *title[:EVIDENCE_TOKENS]))]
        room = self._max_tokens - len(first) - 1
        return Pair([*first, *second[:room], self._end], len(first))
