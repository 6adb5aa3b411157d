"""What a backend is made of: a trainable `Backbone` and a `Tokenizer`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from catalog.errors import EncoderError

from .record import Kind


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

    def linear_layers(self) -> list[str]:
        """Names of the submodules that multiply with a matrix and may be wrapped, as LoRA does."""
        return [name for name, module in self.named_modules() if isinstance(module, nn.Linear)]

    def fresh_parameters(self) -> list[nn.Parameter]:
        """Those that no pretraining has seen, which must be trained whatever else is frozen."""
        return []

    def hidden_states(self, ids: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """Token vectors (n, t, dim), float32: of the embeddings, then of each layer from bottom to top.

        Raises:
            EncoderError: the backend is no stack of layers of one width.
        """
        raise self._no_stack()

    def keep_layers(self, count: int) -> None:
        """Drop all but the first `count` layers.

        Raises:
            EncoderError: there are fewer, or the backend is no stack of layers that can be told apart.
        """
        raise self._no_stack()

    def _no_stack(self) -> EncoderError:
        return EncoderError(
            f"An encoder of the kind {self.kind!r} is no stack of layers of one width.",
            fix="Choose a transformer, such as `embedded`.",
        )
