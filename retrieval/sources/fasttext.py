"""fastText as a source: the papers' cheapest baseline (Joulin et al., 2017).

The library is an extra, `pip install 'dual-expert[fasttext]'`.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.errors import SettingsError, WorkspaceError
from catalog.text import text_key
from retrieval.index import Floats
from retrieval.sources.base import Answer, ClassScores, Queries
from retrieval.sources.head import log_softmax

Ints = npt.NDArray[np.int64]

_MODEL = "model.bin"
_LABEL = "__label__"


class FastTextClassifier:
    """Texts → log-probabilities of the categories.

    Args:
        model: of the library, supervised, with labels `__label__POSITION`.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        labels = np.asarray([int(label.removeprefix(_LABEL)) for label in model.get_labels()])
        self._order = np.argsort(labels)
        self.positions: Ints = labels[self._order].astype(np.int64)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        positions: Sequence[int],
        *,
        epochs: int,
        learning_rate: float,
        characters: tuple[int, int],
        threads: int,
        seed: int,
    ) -> "FastTextClassifier":
        """Train on texts and their taxonomy positions.

        Args:
            characters: shortest and longest character n-grams; (0, 0) for none.
            threads: more than one makes runs differ: they write to the same weights.

        Raises:
            SettingsError: the library is not installed.
        """
        library = _library()
        with TemporaryDirectory() as folder:
            file = Path(folder) / "rows.txt"
            lines = (f"{_LABEL}{p} {text_key(t)}\n" for p, t in zip(positions, texts, strict=True))
            file.write_text("".join(lines), "utf-8")
            return cls(
                library.train_supervised(
                    input=str(file),
                    epoch=epochs,
                    lr=learning_rate,
                    wordNgrams=2,
                    minn=characters[0],
                    maxn=characters[1],
                    loss="softmax",
                    thread=threads,
                    seed=seed,
                    verbose=0,
                )
            )

    def log_probabilities(self, texts: Sequence[str]) -> Floats:
        """(texts, classes): the softmax layer over the mean of a text's n-gram vectors."""
        hidden = np.stack([self._model.get_sentence_vector(text_key(text)) for text in texts])
        logits = hidden @ self._model.get_output_matrix()[self._order].T
        return log_softmax(logits.astype(np.float32))

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(self.log_probabilities(queries.texts), self.positions)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._model.save_model(str(folder / _MODEL))

    @classmethod
    def load(cls, folder: Path) -> "FastTextClassifier":
        """Read what `save` wrote.

        Raises:
            SettingsError: the library is not installed.
            WorkspaceError: the file is no model.
        """
        try:
            return cls(_library().load_model(str(folder / _MODEL)))
        except ValueError as error:
            raise WorkspaceError(f"`{folder / _MODEL}`: {error}", fix="Train again.") from error


def _library() -> Any:
    try:
        import fasttext
    except ImportError as error:
        raise SettingsError(
            "fastText is not installed.", fix="Install the extra: `pip install 'dual-expert[fasttext]'`."
        ) from error
    return fasttext
