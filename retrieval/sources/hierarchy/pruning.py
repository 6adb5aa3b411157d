"""The first layers of a backbone alone (DHPC section E.2.2: the first four lose .1 to .4 points)."""

from torch import nn
from transformers import PreTrainedModel

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.encoder.transformer import Transformer


def keep_first(encoder: Encoder, layers: int) -> None:
    """Drop all but the first layers, in place.

    Raises:
        EncoderError: the encoder has fewer, or none that can be told apart.
    """
    model = encoder.module.model if isinstance(encoder.module, Transformer) else None
    blocks = nn.ModuleList() if model is None else _blocks(model)
    if model is None or layers > len(blocks):
        raise EncoderError(
            f"The encoder {encoder.spec!r} has {len(blocks)} layers to choose from, `layers` is {layers!r}.",
            fix="Set `layers` to null to keep all of it.",
        )
    del blocks[layers:]
    model.config.num_hidden_layers = layers


def _blocks(model: PreTrainedModel) -> nn.ModuleList:
    """The repeated layers; none where one layer's weights serve them all."""
    lists = (m for m in model.modules() if isinstance(m, nn.ModuleList))
    return next((m for m in lists if len(m) == model.config.num_hidden_layers), nn.ModuleList())
