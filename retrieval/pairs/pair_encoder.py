"""The cross-encoder: a fine-tuned transformer that reads product and candidate together and gives one score.

Nogueira and Cho (2019) rank passages so; the dual-expert paper (Cheng et al., 2024, 4.2.1) has an XLM-R
selector over (product, category) pairs in the general expert's place.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.encoder.batches import by_tokens, pad
from retrieval.encoder.load import load_encoder
from retrieval.encoder.packed import packed_for
from retrieval.encoder.precision import computing_in
from retrieval.encoder.transformer import Transformer
from retrieval.pairs.texts import Pair, PairTexts

Floats = npt.NDArray[np.float32]

RECORD = "selector.json"
_WEIGHTS = "head.safetensors"
_ENCODER = "encoder"
_PASS_TOKENS = 4_096  # padding included
# Of the two segments' mean vectors u and v: u, v, u·v element by element, |u - v| (as InferSent and SBERT).
_VIEWS = 4


class PairRecord(BaseModel):
    """Contents of `selector.json`.

    Attributes:
        max_tokens: of a pair.
        evidence: labelled products shown beside a label path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = Field(default=1, ge=1, le=1)
    max_tokens: int = Field(ge=16)
    evidence: int = Field(ge=0)


class PairModule(nn.Module):
    """Token ids of pairs to scores, and the score of "none of these"."""

    def __init__(self, backbone: Transformer) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(_VIEWS * backbone.dim, 1)
        self.outside = nn.Parameter(torch.zeros(()))
        self._segments = getattr(backbone.model.config, "type_vocab_size", 0) > 1

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """(n, t) ids, mask and whether a token is of the candidate's segment, to (n,) scores."""
        inputs = {"input_ids": ids, "attention_mask": mask.to(torch.int64)}
        if self._segments:
            inputs["token_type_ids"] = second.to(torch.int64)
        hidden = self.backbone.model(**inputs).last_hidden_state.float()
        u, v = _mean(hidden, mask & ~second), _mean(hidden, mask & second)
        scores: torch.Tensor = self.head(torch.cat([u, v, u * v, (u - v).abs()], dim=-1))
        return scores.squeeze(-1)

    def own_state(self) -> dict[str, torch.Tensor]:
        """What is trained beside the encoder."""
        return {**self.head.state_dict(), "outside": self.outside.detach()}

    def set_own_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take over what `own_state` gave."""
        self.head.load_state_dict({name: state[name] for name in self.head.state_dict()})
        with torch.no_grad():
            self.outside.copy_(state["outside"])


class PairEncoder:
    """Pairs to scores.

    Attributes:
        texts: makes the pairs.
        module: the trainable part.

    Raises:
        EncoderError: the encoder has no attention between two texts, frames texts in an unknown way, or reads
            fewer than `record.max_tokens` tokens.
    """

    def __init__(self, encoder: Encoder, record: PairRecord) -> None:
        if not isinstance(encoder.module, Transformer):
            raise EncoderError(
                f"The encoder {encoder.spec!r} has no attention between two texts.",
                fix="Choose a transformer for the selector, such as `embedded`.",
            )
        if record.max_tokens > encoder.module.token_limit:
            raise EncoderError(
                f"`max_tokens` is {record.max_tokens!r}; encoder {encoder.spec!r} reads at most "
                f"{encoder.module.token_limit}.",
                fix="Lower it.",
            )
        self.record = record
        self.encoder = encoder
        self.texts = PairTexts(encoder, record.max_tokens)
        self.module = PairModule(encoder.module).to(encoder.device).eval()

    def forward(self, pairs: Sequence[Pair]) -> torch.Tensor:
        """(n,) float32 scores of n >= 1 pairs, differentiable."""
        with computing_in(self.encoder.dtype, self.encoder.device):
            return self._scores(pairs)

    def scores(self, pairs: Sequence[Pair]) -> Floats:
        """(n,) scores of any number of pairs, in their order."""
        found = np.empty(len(pairs), dtype=np.float32)
        dtype, device = self.encoder.inference_dtype, self.encoder.device
        ids = [pair.ids for pair in pairs]
        packed = packed_for(sum(map(len, ids)), dtype, device)
        with torch.inference_mode(), computing_in(dtype, device), packed:
            for rows in by_tokens(ids, _PASS_TOKENS):
                found[rows] = self._scores([pairs[row] for row in rows]).cpu().numpy()
        return found

    def _scores(self, pairs: Sequence[Pair]) -> torch.Tensor:
        device = self.encoder.device
        ids, mask = pad([pair.ids for pair in pairs], 0, device)  # masked: any id serves
        starts = torch.tensor([pair.product for pair in pairs], device=device)
        second = mask & (torch.arange(ids.shape[1], device=device) >= starts[:, None])
        scores: torch.Tensor = self.module(ids, mask, second)
        return scores.float()

    def log_probabilities(self, scores: Floats) -> Floats:
        """Of one product's candidates beside "none of these", (candidates,), from their scores."""
        outside = np.float32(self.module.outside.detach().cpu())
        result: Floats = scores - np.logaddexp.reduce([*scores, outside])
        return result.astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write a plain folder, without pickles, that `load` reads back."""
        self.encoder.save(folder / _ENCODER)
        save_file(self.module.own_state(), folder / _WEIGHTS)
        (folder / RECORD).write_text(self.record.model_dump_json(indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path, *, device: str = "auto") -> "PairEncoder":
        """Read what `save` wrote.

        Raises:
            EncoderError: a file is missing or damaged.
        """
        try:
            record = PairRecord.model_validate_json((folder / RECORD).read_text("utf-8"))
            made = cls(load_encoder(str(folder / _ENCODER), device=device), record)
            made.module.set_own_state(load_file(folder / _WEIGHTS))
        except (OSError, ValidationError, SafetensorError, RuntimeError, KeyError) as error:
            raise EncoderError(f"`{folder}` cannot be read: {error}", fix="Train again.") from error
        return made


def _mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
