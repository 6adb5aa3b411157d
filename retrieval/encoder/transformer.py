"""Any Hugging Face encoder or decoder-only model as a backbone."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.pytorch_utils import Conv1D

from catalog.errors import EncoderError

from .backbone import Backbone
from .pooling import Pooler, Pooling
from .quiet import quiet_transformers

# Where sentence-transformers keeps the pooling too, so that either program reads the other's folders.
POOLING_FILE = "1_Pooling/config.json"
POOLING_FLAGS: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
}
# Of our own, and written only where it holds: the other program refuses flags that it does not know.
ATTENTION_FLAG = "pooling_mode_attention"
POOLER_WEIGHTS = "1_Pooling/model.safetensors"


class TransformerTokenizer:
    """A Hugging Face tokenizer; models without a padding token pad with their end-of-text token."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        if tokenizer.pad_token_id is None:
            if tokenizer.eos_token_id is None:
                raise EncoderError(
                    "The tokenizer has neither a padding token nor an end-of-text token.",
                    fix="Set `pad_token` in its `tokenizer_config.json`.",
                )
            tokenizer.pad_token = tokenizer.eos_token
        self._tokenizer = tokenizer
        self.pad_id = int(tokenizer.pad_token_id)

    def __call__(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        rows = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=max_tokens,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        # A tokenizer without special tokens gives nothing for an empty text.
        return [row or [self.pad_id] for row in rows]

    def save(self, folder: Path) -> None:
        self._tokenizer.save_pretrained(folder)


class Transformer(Backbone):
    """Padded ids to pooled vectors of the last layer."""

    kind = "transformer"

    def __init__(self, model: PreTrainedModel, pooling: Pooling, token_limit: int) -> None:
        super().__init__()
        self.model = model
        self.dim = int(model.config.hidden_size)
        self.pooler = Pooler(pooling, self.dim)
        self.token_limit = token_limit

    @property
    def pooling(self) -> Pooling:
        """How one vector is made of the tokens' vectors."""
        return self.pooler.pooling

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=ids, attention_mask=mask.to(torch.int64)).last_hidden_state
        vectors: torch.Tensor = self.pooler(hidden.float(), mask)
        return vectors

    def hidden_states(self, ids: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """As `Backbone.hidden_states`; the last one is what `forward` pools."""
        output = self.model(input_ids=ids, attention_mask=mask.to(torch.int64), output_hidden_states=True)
        return [hidden.float() for hidden in output.hidden_states]

    def keep_layers(self, count: int) -> None:
        blocks, config = self._blocks(), self.model.config
        if not 1 <= count <= len(blocks):
            raise EncoderError(
                f"Of {len(blocks)} layers that can be told apart, {count!r} cannot be kept.",
                fix=f"Choose a number from 1 to {len(blocks)}." if len(blocks) else "Keep all layers.",
            )
        del blocks[count:]
        config.num_hidden_layers = count
        if getattr(config, "layer_types", None):  # of models whose layers attend in different ways
            config.layer_types = config.layer_types[:count]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        vocabulary = list(self.model.get_input_embeddings().parameters())
        blocks = [list(block.parameters()) for block in self._blocks()]
        inner = {id(p) for group in (vocabulary, *blocks) for p in group}
        first_of_blocks = next((id(p) for block in blocks for p in block), None)
        below: list[nn.Parameter] = []
        above: list[nn.Parameter] = []
        side = below
        for parameter in self.model.parameters():
            if id(parameter) == first_of_blocks:
                side = above
            if id(parameter) not in inner:
                side.append(parameter)
        above.extend(self.pooler.parameters())
        return [vocabulary, *(group for group in (below, *blocks, above) if group)]

    def linear_layers(self) -> list[str]:
        return [name for name, module in self.named_modules() if isinstance(module, nn.Linear | Conv1D)]

    def fresh_parameters(self) -> list[nn.Parameter]:
        return list(self.pooler.parameters())

    def open_vocabulary(self, used: npt.NDArray[np.int64]) -> None:
        """Opens the whole table, whatever is `used`."""
        self.model.get_input_embeddings().requires_grad_(True)

    def save(self, folder: Path) -> None:
        with quiet_transformers():
            self.model.save_pretrained(folder)
        record = folder / POOLING_FILE
        record.parent.mkdir(exist_ok=True)
        flags = {flag: mode == self.pooling for flag, mode in POOLING_FLAGS.items()}
        if self.pooling == "attention":
            flags[ATTENTION_FLAG] = True
            save_file(self.pooler.state_dict(), folder / POOLER_WEIGHTS)
        record.write_text(
            json.dumps({"word_embedding_dimension": self.dim, **flags}, indent=2) + "\n", encoding="utf-8"
        )

    def _blocks(self) -> nn.ModuleList:
        """The repeated layers, from bottom to top; none where the model shares one layer's weights."""
        depth = getattr(self.model.config, "num_hidden_layers", 0)
        lists = (m for m in self.model.modules() if isinstance(m, nn.ModuleList))
        return next((blocks for blocks in lists if len(blocks) == depth), nn.ModuleList())
