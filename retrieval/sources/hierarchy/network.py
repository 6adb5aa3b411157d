"""The network of one level: backbone, pooled features, a small classifier (DHPC section C.1, Figure 3)."""

import torch
from torch import nn
from torch.nn import functional

from retrieval.encoder.base import Backbone
from retrieval.sources.hierarchy.features import build_features
from retrieval.sources.hierarchy.record import Architecture


class Normalised(nn.BatchNorm1d):
    """Batch normalisation that takes a batch of one row too, by what it has seen so far."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training and len(x) == 1:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(x)


def classifier(dim: int, classes: int, architecture: Architecture) -> nn.Sequential:
    """(n, dim) to (n, classes): two layers, normalisation and dropout between them, as far as they are on."""
    drop = [nn.Dropout(architecture.dropout)] if architecture.dropout else []
    if architecture.hidden is None:
        return nn.Sequential(*drop, nn.Linear(dim, classes))
    norm = [Normalised(architecture.hidden)] if architecture.batch_norm else []
    first = nn.Linear(dim, architecture.hidden)
    return nn.Sequential(first, *norm, nn.ReLU(), *drop, nn.Linear(architecture.hidden, classes))


class LevelNetwork(nn.Module):
    """Token ids and segments to logits.

    Args:
        backbone: used, and trained, in place; has the architecture's layers already.
    """

    def __init__(self, backbone: Backbone, classes: int, architecture: Architecture) -> None:
        super().__init__()
        self.features = build_features(backbone, architecture)
        self.classifier = classifier(self.features.dim, classes, architecture)

    def forward(
        self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, t) int64 ids and segment numbers and bool mask to logits (n, classes) and features (n, dim)."""
        features = self.features(ids, segments, mask)
        return self.classifier(features), features

    def head_state(self) -> dict[str, torch.Tensor]:
        """All that is not the backbone's, by name."""
        state = self.state_dict()
        return {name: value for name, value in state.items() if not name.startswith("features.backbone.")}

    def load_head(self, state: dict[str, torch.Tensor]) -> None:
        """Take what `head_state` gave.

        Raises:
            RuntimeError: a name or shape does not fit.
        """
        missing, unexpected = self.load_state_dict(state, strict=False)
        lacking = [name for name in missing if not name.startswith("features.backbone.")]
        if lacking or unexpected:
            raise RuntimeError(f"the tensors {[*lacking, *unexpected]} do not fit")

    def start_rare(self) -> None:
        """Let every sigmoid begin at the share of one class in all, not at a half (Lin et al., 2017, 3.3)."""
        last = self.classifier[-1]
        assert isinstance(last, nn.Linear)
        nn.init.constant_(last.bias, -torch.log(torch.tensor(float(last.out_features))).item())
