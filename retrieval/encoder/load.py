"""`load_encoder`: an encoder from one string."""

from pathlib import Path

import torch

from .base import Backbone, Encoder, Tokenizer
from .pooling import Pooling
from .precision import Precision, resolve_inference, resolve_precision
from .record import Record

MAX_TOKENS = 64
EMBEDDED = "embedded"
EMBEDDED_MULTILINGUAL = "embedded-multilingual"


def load_encoder(
    spec: str,
    *,
    device: str | torch.device = "auto",
    max_tokens: int | None = None,
    precision: Precision = "auto",
    threads: int | None = None,
    pooling: Pooling | None = None,
) -> Encoder:
    """Load an encoder.

    Args:
        spec: `embedded`, `embedded-multilingual`, a folder that `Encoder.save` wrote, or a Hugging Face name
            or folder.
        device: `auto` takes CUDA if it is there.
        max_tokens: texts are cut to it; None keeps a saved encoder's own, and is 64 for others.
        precision: `auto` trains in bfloat16 where the hardware has it, and encodes in float32 on a CPU;
            `bf16` and `fp32` do both.
        threads: CPU threads of torch, for the whole process; None leaves them.
        pooling: for a Hugging Face model; None takes the model's own way. `attention` starts as `mean`.

    Raises:
        EncoderError: the encoder cannot be found, reached or read, or an argument does not fit it.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    place = _device(device)
    record = Record.read(Path(spec))
    module, tokenizer = _backend(spec, record, pooling)
    return Encoder(
        record.spec if record else spec,
        module,
        tokenizer,
        device=place,
        dtype=resolve_precision(precision, place),
        inference_dtype=resolve_inference(precision, place),
        max_tokens=max_tokens or (record.max_tokens if record else MAX_TOKENS),
    )


def _backend(spec: str, record: Record | None, pooling: Pooling | None) -> tuple[Backbone, Tokenizer]:
    """Imports only the backend that is asked for: transformers alone takes seconds."""
    if spec == EMBEDDED_MULTILINGUAL:
        from .use_weights import from_package

        return from_package()
    if record is not None and record.kind == "use-multilingual":
        from .use_weights import from_folder

        return from_folder(Path(spec))
    from .embedded import minilm_folder
    from .transformer_files import load_transformer

    return load_transformer(str(minilm_folder()) if spec == EMBEDDED else spec, pooling)


def _device(device: str | torch.device) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)
