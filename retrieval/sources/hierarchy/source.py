"""The two levels as one recall source."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import ValidationError

from catalog.errors import EncoderError
from catalog.product import Product
from retrieval.encoder.precision import Precision
from retrieval.index import Floats
from retrieval.sources.base import Answer, ClassScores, Queries
from retrieval.sources.hierarchy.layout import fields, lay
from retrieval.sources.hierarchy.level import Level
from retrieval.sources.hierarchy.probability import log_probabilities
from retrieval.sources.hierarchy.record import HierarchyRecord

Ints = npt.NDArray[np.int64]

_RECORD = "hierarchy.json"
_DEPARTMENT = "department"
_LEAVES = "leaves"


class HierarchySource:
    """Log p(department) + log p(leaf given its department), over all leaves (DHPC section C).

    The paper goes down into the best department alone. Here every leaf gets the product that the paper
    takes as the confidence of the one that it arrives at, so that a leaf of another department can win.
    Sigmoids are multiplied as they are, as in the paper: over all leaves they need not sum to 1.

    Args:
        leaves: a level for each of `record.networks`.
    """

    def __init__(self, record: HierarchyRecord, department: Level, leaves: Sequence[Level]) -> None:
        self.record = record
        self.department = department
        self.leaves = tuple(leaves)
        self.positions: Ints = np.asarray(record.positions, dtype=np.int64)
        self._departments: Ints = np.asarray(record.departments, dtype=np.int64)

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(self.log_probabilities(queries.products), self.positions)

    def log_probabilities(self, products: Sequence[Product]) -> Floats:
        """Of every leaf class, (n, classes)."""
        departments, leaves = self.levels(products)
        return departments[:, self._departments] + leaves

    def levels(self, products: Sequence[Product]) -> tuple[Floats, Floats]:
        """Log-probabilities of departments, (n, departments), and of leaves given theirs, (n, classes)."""
        encoder, architecture = self.department.encoder, self.department.record.architecture
        rows = [fields(product, architecture) for product in products]
        laid = lay(rows, encoder.tokenize, encoder.max_tokens)
        first = self.department.record
        departments = log_probabilities(
            self.department.logits(laid), np.zeros(first.classes, dtype=np.int64), first.probability
        )
        # A leaf that is alone in its department is sure once the department is.
        leaves = np.zeros((len(products), len(self.positions)), dtype=np.float32)
        for level, columns in zip(self.leaves, self.record.networks, strict=True):
            groups = self._departments[list(columns)]
            leaves[:, columns] = log_probabilities(level.logits(laid), groups, level.record.probability)
        return departments, leaves

    def save(self, path: Path) -> None:
        """Write a folder of safetensors and JSON."""
        self.department.save(path / _DEPARTMENT)
        for number, level in enumerate(self.leaves):
            level.save(path / f"{_LEAVES}-{number}")
        (path / _RECORD).write_text(self.record.model_dump_json() + "\n", "utf-8")

    @classmethod
    def load(
        cls, path: Path, *, device: str | torch.device = "auto", precision: Precision = "auto"
    ) -> "HierarchySource":
        """What `save` wrote.

        Raises:
            EncoderError: a file is missing or damaged.
        """
        try:
            record = HierarchyRecord.model_validate_json((path / _RECORD).read_text("utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise EncoderError(
                f"`{path / _RECORD}` cannot be read as the record of a hierarchy: {error}",
                fix="Train it again.",
            ) from error
        names = [_DEPARTMENT, *(f"{_LEAVES}-{number}" for number in range(len(record.networks)))]
        department, *leaves = [Level.load(path / name, device=device, precision=precision) for name in names]
        return cls(record, department, leaves)
