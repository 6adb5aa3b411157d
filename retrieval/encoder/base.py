"""`Encoder`: one interface over all backends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from catalog.errors import EncoderError

from .backbone import Backbone, Tokenizer
from .batches import Tokens, by_tokens, distinct, pad
from .packed import packed_for
from .precision import computing_in
from .record import Record

__all__ = ["Backbone", "Encoder", "Tokenizer", "Vectors"]

Vectors = npt.NDArray[np.float32]

_FEWEST_TOKENS = 3  # one of the text and two special ones
# Tokens in one forward pass, padding included: on a CPU what its caches hold, measured; a GPU wants work.
_PASS_TOKENS = {"cpu": 2_048, "cuda": 65_536}


class Encoder:
    """Texts to L2-normalised vectors.

    Attributes:
        spec: the string that it was first made from; kept through `save`.
        module: the trainable part, in evaluation mode until a trainer says otherwise.
        device: where it computes.
        dtype: what `forward` computes in (autocast); weights and vectors are float32.
        inference_dtype: what `encode` and `encode_ids` compute in.
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
        inference_dtype: torch.dtype | None = None,
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
        self.inference_dtype = inference_dtype or dtype
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

    def keep_layers(self, count: int) -> None:
        """Drop all but the first `count` layers, for a smaller and faster encoder.

        Raises:
            EncoderError: there are fewer, or the backend is no stack of layers that can be told apart.
        """
        self.module.keep_layers(count)

    def compile(self) -> bool:
        """Compile the module in place, for training and encoding, where that pays: on a GPU.

        Returns:
            Whether it did; the first passes of each mode then take up to a minute.
        """
        if self.device.type != "cuda":
            return False
        self.module.compile(dynamic=True)
        return True

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut to `max_tokens`, not padded."""
        return self._tokenizer(texts, self.max_tokens) if texts else []

    def forward(self, ids: Tokens) -> torch.Tensor:
        """(n, dim) float32 unit vectors of n >= 1 token lists, differentiable."""
        with computing_in(self.dtype, self.device):
            return self._vectors(ids)

    def encode(
        self,
        texts: Sequence[str],
        batch_size: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Vectors:
        """(n, dim) float32 unit vectors of the texts, in their order; the same for the same list of texts.

        Args:
            texts: any number of texts, also none.
            batch_size: most texts in one forward pass; None leaves it to their tokens.
            progress: called after each pass with the number of texts that it served.
        """
        return self.encode_ids(self.tokenize(texts), batch_size, progress)

    def encode_ids(
        self, ids: Tokens, batch_size: int | None = None, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """`encode` for texts that `tokenize` has already cut up."""
        rows, number = distinct(ids)
        copies = np.bincount(number, minlength=len(rows))
        vectors = np.empty((len(rows), self.dim), dtype=np.float32)
        with self.inferring(sum(map(len, rows))):
            for batch in by_tokens(rows, _PASS_TOKENS.get(self.device.type, 2_048), batch_size):
                vectors[batch] = self._vectors([rows[row] for row in batch]).cpu().numpy()
                if progress is not None:
                    progress(int(copies[batch].sum()))
        return vectors[number]

    @contextmanager
    def inferring(self, tokens: int) -> Iterator[None]:
        """Evaluation mode, no gradients, and the fastest way to compute that keeps the ranking.

        Args:
            tokens: about how many will be read within; preparing weights pays from a thousand on.
        """
        training = self.module.training
        self.module.eval()
        dtype, device = self.inference_dtype, self.device
        try:
            # One autocast around all passes: it casts the weights once and keeps them until it ends.
            with torch.inference_mode(), computing_in(dtype, device), packed_for(tokens, dtype, device):
                yield
        finally:
            self.module.train(training)

    def save(self, folder: Path) -> None:
        """Write a plain folder, without pickles, that `load_encoder(str(folder))` reads back exactly.

        Raises:
            EncoderError: it wears LoRA adapters that have not been merged.
        """
        if any(".lora_" in name for name, _ in self.module.named_parameters()):
            raise EncoderError("The encoder has LoRA adapters.", fix="Call `merge()` of the handle first.")
        folder.mkdir(parents=True, exist_ok=True)
        self.module.save(folder)
        self._tokenizer.save(folder)
        Record(kind=self.module.kind, spec=self.spec, max_tokens=self.max_tokens).write(folder)

    def _vectors(self, ids: Tokens) -> torch.Tensor:
        padded, mask = pad(ids, self._tokenizer.pad_id, self.device)
        return functional.normalize(self.module(padded, mask).float(), dim=-1)
