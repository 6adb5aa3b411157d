"""How sure an answer is at every level of its path: the leaf may be in doubt while its parent is not."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from scipy.special import expit

from catalog.errors import WorkspaceError
from catalog.product import PATH_SEPARATOR
from retrieval.confidence import log_odds
from retrieval.index import Floats, Positions
from retrieval.taxonomy import Taxonomy

FILE: Final = "levels.json"
# Columns: log odds of the probability under the node, log odds of the whole answer's confidence, one.
COLUMNS: Final = 3
AS_SUMMED: Final = (1.0, 0.0, 0.0)


class LevelModel(BaseModel):
    """Logistic calibration of each level.

    Attributes:
        weights: of `COLUMNS`, one row a level, the root's first; deeper levels take the last row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: tuple[tuple[float, float, float], ...] = (AS_SUMMED,)

    @classmethod
    def load(cls, path: Path) -> "LevelModel | None":
        """None in a workspace that was made without.

        Raises:
            WorkspaceError: the file is damaged.
        """
        if not path.is_file():
            return None
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except ValidationError as error:
            raise WorkspaceError(f"`{path}` is damaged: {error}", fix="Train again.") from error


@dataclass(frozen=True)
class Prefixes:
    """The nodes of a taxonomy's paths, by number.

    Attributes:
        numbers: of the node at each level of each category's path, -1 below it, (categories, levels).
    """

    numbers: Positions

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "Prefixes":
        known: dict[tuple[str, ...], int] = {}
        depth = max(len(category.parts) for category in taxonomy.categories)
        numbers = np.full((len(taxonomy), depth), -1, dtype=np.int64)
        for position, category in enumerate(taxonomy.categories):
            parts = category.parts
            for level in range(len(parts)):
                numbers[position, level] = known.setdefault(parts[: level + 1], len(known))
        return cls(numbers)

    def under(self, positions: Positions, probabilities: Floats) -> Floats:
        """Probability of all candidates under each node of the first one's path, (n, levels); 0 below it.

        Args:
            positions: of the candidates, the answer first, (n, k), -1 where padded.
            probabilities: of these, (n, k).
        """
        nodes = np.where(positions[..., None] >= 0, self.numbers[positions], -1)
        same = (nodes == nodes[:, :1]) & (nodes >= 0)
        summed: Floats = (same * probabilities[..., None]).sum(axis=1, dtype=np.float32)
        return summed


def level_columns(summed: Floats, confidences: Floats) -> Floats:
    """Inputs of a `LevelModel`, (n, levels, `COLUMNS`).

    Args:
        summed: from `Prefixes.under`.
        confidences: calibrated, that the whole answer is right, (n,).
    """
    whole = np.broadcast_to(log_odds(confidences)[:, None], summed.shape)
    return np.stack([log_odds(summed), whole, np.ones_like(summed)], axis=-1).astype(np.float32)


@dataclass(frozen=True)
class Levels:
    """Callable on ranked candidates."""

    taxonomy: Taxonomy
    model: LevelModel

    def __call__(self, positions: Positions, probabilities: Floats, confidences: Floats) -> Floats:
        """Probability that each node of the answer's path is right, (n, levels), NaN below the answer.

        The last is the answer's own confidence, and no node is less sure than the one under it.

        Args:
            positions: of the candidates, the answer first, (n, k).
            probabilities: of these, (n, k).
            confidences: calibrated, of the answers, (n,).
        """
        summed = self.prefixes.under(positions, probabilities)
        rows = np.minimum(np.arange(summed.shape[1]), len(self.model.weights) - 1)
        weights = np.asarray(self.model.weights, np.float32)[rows]
        inner = expit((level_columns(summed, confidences) * weights).sum(axis=-1))
        depths = (self.prefixes.numbers[positions[:, 0]] >= 0).sum(axis=1)
        level = np.arange(summed.shape[1])
        whole = np.where(level < depths[:, None] - 1, inner, confidences[:, None])
        rising = np.maximum.accumulate(whole[:, ::-1], axis=1)[:, ::-1]
        return np.where(level < depths[:, None], rising, np.nan).astype(np.float32)

    @cached_property
    def prefixes(self) -> Prefixes:
        return Prefixes.of(self.taxonomy)

    def node(self, path: str, level: int) -> tuple[str, str]:
        """Id and path of the node at a level (0 is the root) of a category's path."""
        prefix = PATH_SEPARATOR.join(path.split(PATH_SEPARATOR)[: level + 1])
        return self.taxonomy.node_id(prefix), prefix
