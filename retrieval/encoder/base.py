"""`Encoder`: one interface over all backends. A backend is a `Backbone` and a `Tokenizer`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from catalog.errors import EncoderError

from .batches import Tokens, by_length, pad
from .precision import computing_in
from .record import Kind, Record

Vectors = npt.NDArray[np.float32]

_FEWEST_TOKENS = 3  # one of the text and two special ones


class Tokenizer(Protocol):
    """Texts to token ids."""

    pad_id: int

    def __call__(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """Ids of each text, special tokens included: at least one, at most `max_tokens`."""
        ...

    def save(self, folder: Path) -> None:
        """Write plain files from which the backend reads the tokenizer again."""
        ...


class Backbone(nn.Module, ABC):
    """The trainable part of an encoder: padded ids to one vector a text, not normalised."""

    kind: ClassVar[Kind]
    dim: int
    token_limit: int

    @abstractmethod
    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n, t) int64 ids and bool mask to (n, dim)."""

    @abstractmethod
    def layer_groups(self) -> list[list[nn.Parameter]]:
        """All parameters, each once, from bottom to top; the first group is the vocabulary's."""

    @abstractmethod
    def open_vocabulary(self, used: npt.NDArray[np.int64]) -> None:
        """Make the vocabulary rows of the `used` ids trainable."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write weights (safetensors) and configuration (json)."""


class Encoder:
    """Texts to L2-normalised vectors.

    Attributes:
        spec: the string that it was first made from; kept through `save`.
        module: the trainable part, in evaluation mode until a trainer says otherwise.
        device: where it computes.
        dtype: what it computes in (autocast); weights and vectors are float32.
        max_tokens: longer texts are cut to this number of tokens, special tokens included.

    Raises:
        EncoderError: `max_tokens` is out of the backend's range.
    """

    def __init__(
        self,
        spec: str,
        module: Backbone,
        tokenizer: Tokenizer,
        *,
        device: torch.device,
        dtype: torch.dtype,
        max_tokens: int,
    ) -> None:
        if not _FEWEST_TOKENS <= max_tokens <= module.token_limit:
            raise EncoderError(
                f"`max_tokens` is {max_tokens!r}, out of the range of encoder {spec!r}.",
                fix=f"Choose a value from {_FEWEST_TOKENS} to {module.token_limit}.",
            )
        self.spec = spec
        self.module = module.to(device).eval()
        self.device = device
        self.dtype = dtype
        self.max_tokens = max_tokens
        self._tokenizer = tokenizer

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.module.dim

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """All parameters, each once, from bottom to top; the first group is the vocabulary's."""
        return self.module.layer_groups()

    def open_vocabulary(self, ids: Tokens) -> None:
        """Let training change the vectors of the tokens in `ids`; call it before making the optimizer."""
        self.module.open_vocabulary(np.unique(np.concatenate([np.asarray(row, np.int64) for row in ids])))

    def freeze_vocabulary(self, frozen: bool = True) -> None:
        """Keep the vocabulary's vectors as they are in training, or let those that are open change again."""
        for parameter in self.layer_groups()[0]:
            parameter.requires_grad_(not frozen)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut to `max_tokens`, not padded."""
        return self._tokenizer(texts, self.max_tokens) if texts else []

    def forward(self, ids: Tokens) -> torch.Tensor:
        """(n, dim) float32 unit vectors of n >= 1 token lists, differentiable."""
        padded, mask = pad(ids, self._tokenizer.pad_id, self.device)
        with computing_in(self.dtype, self.device):
            vectors = self.module(padded, mask)
        return functional.normalize(vectors.float(), dim=-1)

    def encode(
        self, texts: Sequence[str], batch_size: int = 128, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """(n, dim) float32 unit vectors of the texts, in their order; the same for the same list of texts.

        Args:
            texts: any number of texts, also none.
            batch_size: texts in one forward pass.
            progress: called after each pass with the number of texts in it.
        """
        return self.encode_ids(self.tokenize(texts), batch_size, progress)

    def encode_ids(
        self, ids: Tokens, batch_size: int = 128, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """`encode` for texts that `tokenize` has already cut up."""
        vectors = np.empty((len(ids), self.dim), dtype=np.float32)
        training = self.module.training
        self.module.eval()
        try:
            # One autocast around all passes: it casts the weights once and keeps them until it ends.
            with torch.inference_mode(), computing_in(self.dtype, self.device):
                for rows in by_length(ids, batch_size):
                    vectors[rows] = self.forward([ids[row] for row in rows]).cpu().numpy()
                    if progress is not None:
                        progress(len(rows))
        finally:
            self.module.train(training)
        return vectors

    def save(self, folder: Path) -> None:
        """Write a plain folder, without pickles, that `load_encoder(str(folder))` reads back exactly."""
        folder.mkdir(parents=True, exist_ok=True)
        self.module.save(folder)
        self._tokenizer.save(folder)
        Record(kind=self.module.kind, spec=self.spec, max_tokens=self.max_tokens).write(folder)
