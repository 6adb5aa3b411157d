"""From a GGUF file to a Hugging Face folder."""

import io
import logging
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

from catalog.errors import LLMUnavailable
from retrieval.encoder.quiet import quiet_transformers

_log = logging.getLogger(__name__)

ADD_BOS = "tokenizer.ggml.add_bos_token"


def convert(gguf_file: Path, folder: Path) -> None:
    """Write config, fp16 `model.safetensors` and tokenizer of a GGUF file into `folder`.

    fp16 rather than bf16: Q4 blocks carry fp16 scales, so it keeps them nearly exactly.

    Raises:
        LLMUnavailable: the file is damaged or of an architecture that transformers cannot read.
    """
    _log.info("converting %s, once", gguf_file.name)
    try:
        # the loader draws a progress bar that nothing else turns off
        with quiet_transformers(), redirect_stderr(io.StringIO()):
            _tokenizer(gguf_file).save_pretrained(folder)
            _dense_model(gguf_file).save_pretrained(folder)
        # written for the owner alone; an image is built by one user and run by another
        (folder / "model.safetensors").chmod(0o644)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise LLMUnavailable(
            f"the weights in {gguf_file.name!r} cannot be converted: {error}",
            fix="reinstall the package they come from",
        ) from error


def _tokenizer(gguf_file: Path) -> Any:
    tokenizer: Any = AutoTokenizer.from_pretrained(gguf_file.parent, gguf_file=gguf_file.name)
    # transformers drops this flag, and Gemma rambles without its first token
    if _flag(gguf_file, ADD_BOS):
        tokenizer.add_bos_token = True
    return tokenizer


def _flag(gguf_file: Path, key: str) -> bool:
    field = GGUFReader(gguf_file).fields.get(key)
    return field is not None and bool(field.contents())


def _dense_model(gguf_file: Path) -> Any:
    """A plain model with the file's weights: one loaded from GGUF refuses to be saved."""
    loaded = AutoModelForCausalLM.from_pretrained(
        gguf_file.parent, gguf_file=gguf_file.name, dtype=torch.float32, attn_implementation="sdpa"
    )
    config = loaded.config
    del config.quantization_config
    factory: Any = AutoModelForCausalLM
    dense = factory.from_config(config, dtype=torch.float16)
    dense.load_state_dict(loaded.state_dict())
    return dense
