"""A trained source whose categories have moved: it still speaks of those it was trained on.

A migrated workspace keeps its trained files as they are; a table says which category each trained one is
now. What is merged is heard as one; what was removed is not heard. Scores of all others stay exactly as
they were, since no softmax is computed anew.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from catalog.errors import WorkspaceError
from retrieval.index import Floats, Positions
from retrieval.sources.base import Answer, Queries, StoredSource

Ints = npt.NDArray[np.int64]

FILE: Final = "relabel.json"
GONE: Final = -1


@dataclass(frozen=True)
class Relabel:
    """Attributes:
    now: position today of each position at training, `GONE` where there is none, (trained categories,).
    then: positions at training of each position today, padded with `GONE`, (categories, at most so many).
    """

    now: Ints
    then: Ints

    @classmethod
    def of(cls, now: Sequence[int], categories: int) -> "Relabel":
        """From the first table alone; `categories` is the size of the taxonomy today."""
        groups: list[list[int]] = [[] for _ in range(categories)]
        for position, today in enumerate(now):
            if today != GONE:
                groups[today].append(position)
        width = max(map(len, groups), default=1) or 1
        then = [group + [GONE] * (width - len(group)) for group in groups]
        return cls(np.asarray(now, np.int64), np.asarray(then, np.int64).reshape(categories, width))

    @property
    def changes_nothing(self) -> bool:
        """Every category stands where it stood; there may be new ones behind them."""
        return bool((self.now == np.arange(len(self.now))).all())

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"version": 1, "now": self.now.tolist()}) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path, categories: int) -> "Relabel | None":
        """What `save` wrote; None where there is no such file.

        Raises:
            WorkspaceError: it is damaged, or of another taxonomy.
        """
        if not path.is_file():
            return None
        try:
            now = json.loads(path.read_text("utf-8"))["now"]
            return cls.of(now, categories)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise WorkspaceError(f"`{path}` is damaged: {error}", fix="Migrate again.") from error


@dataclass(frozen=True)
class RelabelledSource:
    """`source` as it was trained, heard in today's categories; its scores must be log-probabilities."""

    source: StoredSource
    relabel: Relabel

    def answer(self, queries: Queries) -> Answer:
        return RelabelledAnswer(self.source.answer(queries), self.relabel)

    def save(self, path: Path) -> None:
        self.source.save(path)


@dataclass(frozen=True)
class RelabelledAnswer:
    """`Answer` in today's positions."""

    answer: Answer
    relabel: Relabel

    def best(self, k: int) -> Positions:
        found = self.answer.best(k)
        today: Positions = np.where(found >= 0, self.relabel.now[np.maximum(found, 0)], GONE)
        return today

    def at(self, positions: Positions) -> Floats:
        n, m = positions.shape
        then = self.relabel.then[positions]
        asked = np.maximum(then, 0).reshape(n, -1)
        scores = self.answer.at(asked).reshape(then.shape)
        heard = (then >= 0) & ~np.isnan(scores)
        together = np.logaddexp.reduce(np.where(heard, scores, -np.inf), axis=2)
        result: Floats = np.where(heard.any(axis=2), together, np.nan).astype(np.float32)
        return result.reshape(n, m)
