"""How the network without pretrained weights learns (DHPC section E.1.1)."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch.nn import functional

from catalog.errors import EncoderError
from catalog.product import Product
from catalog.progress import Progress
from retrieval.sources.network import BagNetwork, NetworkRecord, NetworkSource, view_words
from training.loop import Loop, LoopSettings
from training.losses.build import StepOutput, build_loss
from training.losses.record import CrossEntropy, Loss

Ints = npt.NDArray[np.int64]


class Network(BaseModel):
    """What a recipe says about it; the paper prints no sizes, these are ours.

    Attributes:
        max_words: most frequent words kept.
        min_count: products in which a word must stand to be kept.
        learning_rate: peak rate of all weights, none of which is pretrained.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_words: int = Field(default=100_000, ge=1)
    min_count: int = Field(default=2, ge=1)
    width: int = Field(default=128, ge=1)
    hidden: tuple[int, ...] = (512, 256)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    loss: Loss = CrossEntropy()
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_share: float = Field(default=0.06, ge=0, le=1)


class NetworkObjective:
    """Objective of the network.

    Args:
        source: its network is trained in place.
        classes: class of each product, (n,).
    """

    module: torch.nn.Module

    def __init__(
        self, source: NetworkSource, products: Sequence[Product], classes: Ints, settings: Network
    ) -> None:
        self._device = source.network.last.weight.device
        self._rows = [source.views(product) for product in products]
        self._classes = classes
        self._rate = settings.learning_rate
        counts = np.bincount(classes, minlength=len(source.positions))
        self._loss = build_loss(settings.loss, counts, self._device)
        self.module = source.network

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.module.parameters()), "lr": self._rate}]

    def begin_epoch(self, epoch: int) -> Sequence[int]:
        del epoch
        return [sum(map(len, views)) for views in self._rows]

    def loss(self, rows: Ints, progress: float) -> torch.Tensor:
        logits, features = self.module([self._rows[row] for row in rows.tolist()])
        targets = torch.as_tensor(self._classes[rows], device=self._device)
        return self._loss(StepOutput(logits, functional.normalize(features, dim=-1), targets, progress))


def train_network(
    products: Sequence[Product],
    positions: Ints,
    settings: Network,
    *,
    device: str | torch.device,
    seed: int,
    folder: Path,
    progress: Progress,
) -> NetworkSource:
    """Train on products and the taxonomy position of each, (n,).

    Args:
        folder: holds the checkpoint; one that is there is continued.

    Raises:
        EncoderError: no word is frequent enough, or the loss is no longer a number.
    """
    found, classes = np.unique(positions, return_inverse=True)
    record = NetworkRecord(
        words=_vocabulary(products, settings),
        positions=tuple(found.tolist()),
        width=settings.width,
        hidden=settings.hidden,
        dropout=settings.dropout,
    )
    torch.manual_seed(seed)
    source = NetworkSource(record, BagNetwork(record).to(device))
    loop = LoopSettings(
        rows=len(products),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        warmup_share=settings.warmup_share,
        weight_decay=settings.weight_decay,
        seed=seed,
    )
    objective = NetworkObjective(source, products, classes, settings)
    Loop(objective, loop).run(folder, progress, name="training the network")
    return source


def _vocabulary(products: Sequence[Product], settings: Network) -> tuple[str, ...]:
    """The most frequent words, each counted once a product; ties in the order of the alphabet."""
    counts = Counter(word for product in products for word in set(chain.from_iterable(view_words(product))))
    kept = [(-count, word) for word, count in counts.items() if count >= settings.min_count]
    if not kept:
        raise EncoderError(
            f"No word stands in {settings.min_count} products.",
            fix="Lower `min_count` or give more products.",
        )
    return tuple(word for _, word in sorted(kept)[: settings.max_words])
