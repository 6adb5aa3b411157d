"""Reads a Hugging Face model by name or folder, and says clearly why it cannot."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)
from transformers.utils.hub import cached_file

from catalog.errors import EncoderError

from .pooling import Pooling
from .quiet import quiet_transformers
from .transformer import (
    ATTENTION_FLAG,
    POOLER_WEIGHTS,
    POOLING_FILE,
    POOLING_FLAGS,
    Transformer,
    TransformerTokenizer,
)


def load_transformer(name: str, pooling: Pooling | None = None) -> tuple[Transformer, TransformerTokenizer]:
    """A Hugging Face model as a backbone.

    Args:
        name: a name on the hub or a folder.
        pooling: None takes what the model's own `1_Pooling` says, else `last` for a decoder-only model and
            `mean` for others.

    Raises:
        EncoderError: it cannot be reached or read, lacks weights, or has no single stack of layers.
    """
    # A folder is read in a moment; a download shows its progress.
    quiet = quiet_transformers() if Path(name).is_dir() else nullcontext()
    with _explained(name), quiet:
        config = AutoConfig.from_pretrained(name)
        _require_single_stack(name, config)
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = _model(name)
        recorded = _recorded_pooling(name)
        limit = min(tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or 4096)
        module = Transformer(model, pooling or recorded or _usual_pooling(config), limit)
        if module.pooling == recorded == "attention":
            module.pooler.load_state_dict(load_file(Path(name) / POOLER_WEIGHTS))
    return module, TransformerTokenizer(tokenizer)


def _model(name: str) -> PreTrainedModel:
    model: PreTrainedModel
    model, report = AutoModel.from_pretrained(name, dtype=torch.float32, output_loading_info=True)
    missing = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise EncoderError(
            f"The model {name!r} lacks weights of its encoder, such as `{missing[0]}`.",
            fix="Give a folder that was saved with all of its weights.",
        )
    if getattr(model, "pooler", None) is not None:
        model.register_module("pooler", None)  # made for next-sentence prediction; we pool ourselves
    model.config.use_cache = False  # nothing is generated
    return model


def _require_single_stack(name: str, config: PreTrainedConfig) -> None:
    if getattr(config, "is_encoder_decoder", False):
        raise EncoderError(
            f"The model {name!r} is an encoder-decoder.", fix="Choose an encoder or a decoder-only model."
        )


def _recorded_pooling(name: str) -> Pooling | None:
    path = cached_file(name, POOLING_FILE, _raise_exceptions_for_missing_entries=False)
    if path is None:
        return None
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    for flag, pooling in {**POOLING_FLAGS, ATTENTION_FLAG: "attention"}.items():
        if record.get(flag):
            return pooling
    raise EncoderError(
        f"The model {name!r} pools in a way that is not supported.",
        fix=f"Use a model with one of {', '.join(POOLING_FLAGS)}.",
    )


def _usual_pooling(config: PreTrainedConfig) -> Pooling:
    kind = config.model_type
    decoder_only = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return "last" if decoder_only else "mean"


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn the library's many exceptions for an unusable model into one of ours."""
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        if Path(name).is_dir():
            fix = "Give a folder with `config.json`, `model.safetensors` and the tokenizer's files."
        else:
            fix = (
                "Give a folder, `embedded` or `embedded-multilingual`, or make the Hugging Face hub reachable"
                " (network, `HF_HUB_OFFLINE`)."
            )
        said = " ".join(str(error).split())
        raise EncoderError(f"The encoder {name!r} cannot be loaded: {said}", fix=fix) from error
