"""The deep network that DHPC is compared with (Zhang et al., 2021, section E.1.1).

An embedding layer learnt from nothing, the mean of each text field's word vectors, and a few fully
connected layers over them. No pretrained weights, so that it trains in seconds on a CPU.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from catalog.errors import EncoderError
from catalog.product import Product
from catalog.text import text_key
from retrieval.index import Floats
from retrieval.sources.base import Answer, ClassScores, Queries

Ints = npt.NDArray[np.int64]
# Word numbers of each view of one product.
Views = tuple[list[int], ...]

VIEWS = 3  # title (and brand), description, bullets
_RECORD = "network.json"
_WEIGHTS = "network.safetensors"
_BATCH = 1024


class NetworkRecord(BaseModel):
    """What the network's file says beside its weights.

    Attributes:
        words: that it knows, in the order of their vectors; others are passed over.
        positions: ascending taxonomy position of each class.
        width: of a word's vector.
        hidden: widths of the layers between the vectors and the classes.
        dropout: share of each of them that training drops.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    words: tuple[str, ...] = Field(min_length=1)
    positions: tuple[int, ...] = Field(min_length=1)
    width: int = Field(ge=1)
    hidden: tuple[int, ...]
    dropout: float = Field(ge=0, lt=1)


def view_words(product: Product) -> tuple[list[str], ...]:
    """Words of the title with the brand, of the description and of the bullets."""
    texts = (f"{product.title} {product.brand}", product.description, " ".join(product.bullets))
    return tuple(text_key(text).split() for text in texts)


class BagNetwork(nn.Module):
    """Word numbers of each view to logits."""

    def __init__(self, record: NetworkRecord) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(len(record.words), record.width, mode="mean")
        widths = (VIEWS * record.width, *record.hidden)
        hidden = [
            layer
            for inner, outer in pairwise(widths)
            for layer in (nn.Linear(inner, outer), nn.ReLU(), nn.Dropout(record.dropout))
        ]
        self.hidden = nn.Sequential(*hidden)
        self.last = nn.Linear(widths[-1], len(record.positions))

    def forward(self, rows: Sequence[Views]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (n, classes) and features (n, last width) of n >= 1 products."""
        device = self.last.weight.device
        bags = list(chain.from_iterable(rows))
        starts = np.cumsum([0, *(len(bag) for bag in bags[:-1])])
        numbers = np.fromiter(chain.from_iterable(bags), dtype=np.int64)
        vectors = self.words(torch.from_numpy(numbers).to(device), torch.from_numpy(starts).to(device))
        features: torch.Tensor = self.hidden(vectors.reshape(len(rows), -1))
        return self.last(features), features


class NetworkSource:
    """The trained network as a recall source; log-softmax over its classes."""

    def __init__(self, record: NetworkRecord, network: BagNetwork) -> None:
        self.record = record
        self.network = network.eval()
        self.positions: Ints = np.asarray(record.positions, dtype=np.int64)
        self._numbers = {word: number for number, word in enumerate(record.words)}

    def views(self, product: Product) -> Views:
        """Numbers of the known words."""
        numbers = self._numbers
        return tuple([numbers[word] for word in words if word in numbers] for words in view_words(product))

    def log_probabilities(self, products: Sequence[Product]) -> Floats:
        """Of every class, (n, classes)."""
        result = np.empty((len(products), len(self.positions)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(products), _BATCH):
                chunk = products[start : start + _BATCH]
                logits, _ = self.network([self.views(product) for product in chunk])
                result[start : start + _BATCH] = logits.log_softmax(dim=-1).cpu().numpy()
        return result

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(self.log_probabilities(queries.products), self.positions)

    def save(self, path: Path) -> None:
        """Write a folder of safetensors and JSON."""
        path.mkdir(parents=True, exist_ok=True)
        save_file(self.network.state_dict(), path / _WEIGHTS)
        (path / _RECORD).write_text(self.record.model_dump_json() + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> "NetworkSource":
        """What `save` wrote.

        Raises:
            EncoderError: a file is missing or damaged.
        """
        try:
            record = NetworkRecord.model_validate_json((path / _RECORD).read_text("utf-8"))
            network = BagNetwork(record)
            network.load_state_dict(load_file(path / _WEIGHTS))
        except (OSError, ValidationError, UnicodeDecodeError, SafetensorError, RuntimeError) as error:
            raise EncoderError(
                f"The network saved in `{path}` is incomplete or damaged: {error}", fix="Train it again."
            ) from error
        return cls(record, network)
