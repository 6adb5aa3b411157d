"""From token ids to one vector a product, through some or all of a backbone's layers."""

from typing import Literal

import torch
from torch import nn

from catalog.errors import EncoderError
from retrieval.encoder.base import Backbone
from retrieval.encoder.pooling import pool
from retrieval.encoder.transformer import Transformer
from retrieval.sources.hierarchy.layout import SEGMENTS
from retrieval.sources.hierarchy.record import Architecture

Combination = Literal["max", "mean", "concat"]


def combine(vectors: list[torch.Tensor], combination: Combination) -> torch.Tensor:
    """The pooled vectors of several layers, (n, dim) each, as one: (n, dim), or (n, layers * dim)."""
    match combination:
        case "max":
            return torch.stack(vectors).amax(dim=0)
        case "mean":
            return torch.stack(vectors).mean(dim=0)
        case "concat":
            return torch.cat(vectors, dim=-1)


class LayerFeatures(nn.Module):
    """Pooled vectors of a transformer's layers (knowledge skip), with segment embeddings.

    Args:
        backbone: used, and trained, in place.

    Attributes:
        dim: length of a product's vector.
    """

    def __init__(self, backbone: Transformer, architecture: Architecture) -> None:
        super().__init__()
        self.backbone = backbone
        self._pooling = architecture.pooling
        self._skip = architecture.knowledge_skip
        # Three rows where BERT has two. From zero: a segment starts as the backbone knows its tokens.
        width = next(backbone.model.get_input_embeddings().parameters()).shape[-1]
        self.segments = nn.Embedding(SEGMENTS, width) if architecture.segments else None
        if self.segments is not None:
            nn.init.zeros_(self.segments.weight)
        taken = len(self._taken(int(backbone.model.config.num_hidden_layers)))
        self.dim = backbone.dim * (taken if self._skip == "concat" else 1)

    def forward(self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n, t) int64 ids and segment numbers and bool mask to (n, dim) float32."""
        embedded = self.backbone.model.get_input_embeddings()(ids)
        if self.segments is not None:
            embedded = embedded + self.segments(segments)
        layers = self.backbone.model(
            inputs_embeds=embedded, attention_mask=mask.to(torch.int64), output_hidden_states=True
        ).hidden_states
        pooled = [pool(layers[k].float(), mask, self._pooling) for k in self._taken(len(layers) - 1)]
        return combine(pooled, self._skip or "max")

    def _taken(self, depth: int) -> list[int]:
        """Numbers of the layers that are looked at, the last first; 0 would be the embeddings."""
        return list(range(depth, 0, -2)) if self._skip else [depth]


class TextFeatures(nn.Module):
    """A backbone without layers to choose from: its vector of the text."""

    segments: None = None

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.dim = backbone.dim

    def forward(self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """As `LayerFeatures.forward`, whatever the segments are."""
        del segments
        vectors: torch.Tensor = self.backbone(ids, mask)
        return vectors.float()


def build_features(backbone: Backbone, architecture: Architecture) -> LayerFeatures | TextFeatures:
    """What fits the backbone; `refuse_unfit` says what does not."""
    if isinstance(backbone, Transformer):
        return LayerFeatures(backbone, architecture)
    return TextFeatures(backbone)


def refuse_unfit(backbone: Backbone, architecture: Architecture) -> None:
    """See that the backbone has what the architecture asks of it.

    Raises:
        EncoderError: it has not; says what to switch off.
    """
    if isinstance(backbone, Transformer):
        if architecture.pooling == "cls" and backbone.pooling == "last":
            raise EncoderError(
                "The first token of a decoder-only model sees no other token.", fix="Set `pooling` to 'mean'."
            )
        return
    for name, nothing in (("layers", None), ("knowledge_skip", None), ("segments", False)):
        if getattr(architecture, name) != nothing:
            raise EncoderError(
                f"An encoder of the kind {backbone.kind!r} has no transformer layers, which `{name}` needs.",
                fix="Set `layers` and `knowledge_skip` to null and `segments` to false,"
                " or choose a BERT-like encoder.",
            )
