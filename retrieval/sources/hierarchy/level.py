"""One trained network of a hierarchy: laid-out products to log-probabilities of its classes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.encoder.batches import by_tokens, pad
from retrieval.encoder.load import load_encoder
from retrieval.encoder.precision import Precision, computing_in
from retrieval.index import Floats
from retrieval.sources.hierarchy.layout import Laid
from retrieval.sources.hierarchy.network import LevelNetwork
from retrieval.sources.hierarchy.record import LevelRecord

_RECORD = "level.json"
_HEAD = "head.safetensors"
_ENCODER = "encoder"
_PASS_TOKENS = 2_048  # padding included: what a CPU's caches hold


@dataclass(frozen=True)
class Level:
    """Attributes:
    encoder: tokenizer, precision and place; its module is the network's backbone.
    network: in evaluation mode until a trainer says otherwise.
    """

    encoder: Encoder
    network: LevelNetwork
    record: LevelRecord

    def forward(self, laid: Laid) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (n, classes) and features (n, dim), float32, of n >= 1 products; differentiable."""
        with computing_in(self.encoder.dtype, self.encoder.device):
            return self._outputs(laid)

    def logits(self, laid: Laid) -> Floats:
        """Logits over the temperature (Eq. 10), (n, classes)."""
        result = np.empty((len(laid.ids), self.record.classes), dtype=np.float32)
        with self.encoder.inferring(sum(map(len, laid.ids))):
            for rows in by_tokens(laid.ids, _PASS_TOKENS):
                logits, _ = self._outputs(laid.take(rows))
                result[rows] = (logits / self.record.temperature).cpu().numpy()
        return result

    def save(self, folder: Path) -> None:
        """Write safetensors and JSON."""
        self.encoder.save(folder / _ENCODER)
        head = {name: value.contiguous() for name, value in self.network.head_state().items()}
        save_file(head, folder / _HEAD)
        (folder / _RECORD).write_text(self.record.model_dump_json(indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path, *, device: str | torch.device, precision: Precision) -> "Level":
        """What `save` wrote.

        Raises:
            EncoderError: a file is missing or damaged.
        """
        try:
            record = LevelRecord.model_validate_json((folder / _RECORD).read_text("utf-8"))
            encoder = load_encoder(str(folder / _ENCODER), device=device, precision=precision)
            network = LevelNetwork(encoder.module, record.classes, record.architecture)
            network.load_head(load_file(folder / _HEAD))
        except (OSError, ValidationError, UnicodeDecodeError, SafetensorError, RuntimeError) as error:
            raise EncoderError(
                f"The level saved in `{folder}` is incomplete or damaged: {error}", fix="Train it again."
            ) from error
        return cls(encoder, network.to(encoder.device).eval(), record)

    def _outputs(self, laid: Laid) -> tuple[torch.Tensor, torch.Tensor]:
        # Padding is masked wherever it counts, so any id will do for it.
        ids, mask = pad(laid.ids, 0, self.encoder.device)
        segments, _ = pad(laid.segments, 0, self.encoder.device)
        logits, features = self.network(ids, segments, mask)
        return logits.float(), features.float()
