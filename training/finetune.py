"""Fine-tune the encoder together with a cosine head that starts from the label-path embeddings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from catalog.errors import EncoderError
from catalog.progress import Progress
from retrieval.encoder.base import Encoder
from retrieval.head import Head
from training.checkpoint import Checkpoint
from training.recipe import Recipe

Ints = npt.NDArray[np.int64]

VOCABULARY_LIMIT = 50_000_000
_BUCKET_BATCHES = 32


@dataclass(frozen=True)
class TrainingTexts:
    """Tokenized training part: token ids, and each row's class (index into `positions`)."""

    ids: list[list[int]]
    classes: Ints
    positions: Ints


def batches(lengths: Sequence[int], size: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Row numbers of one epoch: shuffled, then grouped by length in buckets, so that little is padding."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    by_length = np.asarray(lengths)
    for start in range(0, len(order), size * _BUCKET_BATCHES):
        bucket = order[start : start + size * _BUCKET_BATCHES]
        bucket = bucket[np.argsort(by_length[bucket], kind="stable")]
        starts = np.arange(0, len(bucket), size)
        rng.shuffle(starts)
        for offset in starts:
            yield bucket[offset : offset + size]


def vocabulary_too_large(encoder: Encoder) -> bool:
    """Whether the open part of the vocabulary is better left as it is: on a CPU its update costs most."""
    return (
        encoder.device.type == "cpu" and sum(p.numel() for p in encoder.layer_groups()[0]) > VOCABULARY_LIMIT
    )


class FineTuning:
    """One run of the loop; `run` continues from a checkpoint when there is one.

    Args:
        encoder: trained in place.
        label_vectors: unit embeddings of the classes' label paths, (classes, dim).
    """

    def __init__(
        self, encoder: Encoder, data: TrainingTexts, label_vectors: npt.NDArray[np.float32], recipe: Recipe
    ) -> None:
        self._encoder = encoder
        self._data = data
        self._recipe = recipe
        self._epochs = recipe.epochs_for(len(data.ids))
        encoder.open_vocabulary(data.ids)
        encoder.freeze_vocabulary(vocabulary_too_large(encoder))
        self._weights = torch.nn.Parameter(torch.tensor(label_vectors, device=encoder.device))
        self._bias = torch.nn.Parameter(torch.zeros(len(label_vectors), device=encoder.device))
        self._optimizer = torch.optim.AdamW(self._groups(), weight_decay=recipe.weight_decay)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)

    @property
    def steps(self) -> int:
        return self._epochs * -(-len(self._data.ids) // self._recipe.batch_size)

    def run(self, folder: Path, progress: Progress) -> Head:
        """Train to the end and return the head.

        Args:
            folder: where checkpoints go; one that is there is continued.

        Raises:
            EncoderError: the loss is no longer a number.
        """
        torch.manual_seed(self._recipe.seed)
        checkpoint = Checkpoint(folder)
        done = checkpoint.restore(self._encoder.module, self._parameters(), self._optimizer, self._schedule)
        if done:
            progress.say(f"continuing fine-tuning at step {done} of {self.steps}")
        self._encoder.module.train()
        with progress.task("fine-tuning", self.steps) as advance:
            advance(done)
            for step, rows in enumerate(self._all_batches(), start=1):
                if step <= done:
                    continue
                self._step(rows)
                advance(1)
                checkpoint.maybe_save(
                    step, self._encoder.module, self._parameters(), self._optimizer, self._schedule
                )
        self._encoder.module.eval()
        return self._head()

    def _all_batches(self) -> Iterator[npt.NDArray[np.int64]]:
        lengths = [len(row) for row in self._data.ids]
        for epoch in range(self._epochs):
            yield from batches(lengths, self._recipe.batch_size, self._recipe.seed + epoch)

    def _step(self, rows: npt.NDArray[np.int64]) -> None:
        vectors = self._encoder.forward([self._data.ids[i] for i in rows]).float()
        logits = self._recipe.scale * vectors @ functional.normalize(self._weights, dim=-1).T + self._bias
        targets = torch.as_tensor(self._data.classes[rows], device=logits.device)
        loss = functional.cross_entropy(logits, targets, label_smoothing=self._recipe.label_smoothing)
        if not torch.isfinite(loss):
            raise EncoderError("The training loss is no longer a number.", fix="Lower `learning_rate`.")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it untyped
        torch.nn.utils.clip_grad_norm_(self._encoder.module.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()

    def _groups(self) -> list[dict[str, object]]:
        layers = self._encoder.layer_groups()
        rate, decay = self._recipe.learning_rate, self._recipe.layer_decay
        groups: list[dict[str, object]] = [
            {"params": list(layer), "lr": rate * decay ** (len(layers) - 1 - depth)}
            for depth, layer in enumerate(layers)
        ]
        return [*groups, {"params": [self._weights, self._bias], "lr": rate * self._recipe.head_factor}]

    def _rate(self, step: int) -> float:
        warmup = max(1.0, self._recipe.warmup_share * self.steps)
        return min(1.0, (step + 1) / warmup) * max(0.0, 1 - step / self.steps)

    def _parameters(self) -> dict[str, torch.nn.Parameter]:
        return {"weights": self._weights, "bias": self._bias}

    def _head(self) -> Head:
        weights = functional.normalize(self._weights.detach(), dim=-1).cpu().numpy()
        return Head(weights, self._bias.detach().cpu().numpy(), self._recipe.scale, self._data.positions)
