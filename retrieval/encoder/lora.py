"""Low-rank adapters on a frozen encoder (LoRA, Hu et al. 2022): W x + (alpha / rank) B A x trains A and B."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch import nn
from transformers.pytorch_utils import Conv1D

from catalog.errors import EncoderError

from .base import Encoder

if TYPE_CHECKING:
    from peft import LoraModel


@dataclass(frozen=True)
class Lora:
    """The adapters that an encoder wears.

    Attributes:
        trainable: number of parameters that training changes.
        full: number that full fine-tuning would change.
    """

    encoder: Encoder
    trainable: int
    full: int
    _adapters: "LoraModel"
    _were_trained: frozenset[str]

    @property
    def share(self) -> float:
        """Trainable parameters over those of full fine-tuning."""
        return self.trainable / self.full

    def merge(self) -> None:
        """Fold the adapters into the weights: the encoder is a plain one again, and can be saved."""
        self._adapters.merge_and_unload()
        for name, parameter in self.encoder.module.named_parameters():
            parameter.requires_grad_(name in self._were_trained)


def with_lora(
    encoder: Encoder,
    rank: int,
    alpha: int,
    dropout: float = 0.0,
    targets: Literal["auto"] | Sequence[str] = "auto",
) -> Lora:
    """Put adapters on an encoder, in place; from now on only they train, and an attention pooling's query.

    Call it after `open_vocabulary` and `freeze_vocabulary`, which say what trains without adapters.

    Args:
        rank: of each adapter, at least 1.
        alpha: over `rank`, the adapters' weight.
        dropout: of the adapters' input.
        targets: `auto` is every matrix of the backbone; else how their names end, such as `query`.

    Raises:
        EncoderError: `rank` is below 1, no matrix is named so, there are adapters already, or peft is not
            installed.
    """
    module = encoder.module
    if rank < 1:
        raise EncoderError(f"`rank` is {rank!r}.", fix="Choose a number from 1 on, such as 8.")
    if any(".lora_" in name for name, _ in module.named_parameters()):
        raise EncoderError("The encoder has LoRA adapters already.", fix="Merge them first.")
    names = _chosen(encoder, targets)
    trained = {name: p.numel() for name, p in module.named_parameters() if p.requires_grad}
    adapters = _adapters(module, names, rank, alpha, dropout)
    for parameter in module.fresh_parameters():
        parameter.requires_grad_(True)
    trainable = sum(p.numel() for p in module.parameters() if p.requires_grad)
    return Lora(encoder, trainable, sum(trained.values()), adapters, frozenset(trained))


def _chosen(encoder: Encoder, targets: Literal["auto"] | Sequence[str]) -> list[str]:
    names = encoder.module.linear_layers()
    endings = ("",) if targets == "auto" else tuple(f".{target}" for target in targets)
    chosen = [name for name in names if f".{name}".endswith(endings)]
    if not chosen:
        known = ", ".join(sorted({name.rpartition(".")[2] for name in names}))
        raise EncoderError(f"No matrix of the encoder is named {targets!r}.", fix=f"Choose of: {known}.")
    return chosen


def _adapters(module: nn.Module, names: Sequence[str], rank: int, alpha: int, dropout: float) -> "LoraModel":
    try:
        from peft import LoraConfig, LoraModel  # takes seconds
    except ImportError as error:
        raise EncoderError("The package `peft` is not installed.", fix="Run `pip install peft`.") from error
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=list(names),
        # GPT-2 keeps its matrices as (in, out).
        fan_in_fan_out=isinstance(module.get_submodule(names[0]), Conv1D),
    )
    return LoraModel(module, config, "default").train(module.training)
