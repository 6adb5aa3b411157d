import json
from pathlib import Path

import pytest
from safetensors import safe_open

from agents.llm.gguf import convert
from agents.llm.weights import SMOLLM2, model_folder
from catalog.errors import LLMUnavailable
from catalog.settings import load_settings


def test_converted_folder_is_plain_half_precision() -> None:
    folder = model_folder(SMOLLM2, load_settings().cache_dir)
    config = json.loads((folder / "config.json").read_text())
    assert "quantization_config" not in config
    assert config["architectures"] == ["LlamaForCausalLM"]
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert {str(weights.get_tensor(name).dtype) for name in weights.keys()} == {"torch.float16"}  # noqa: SIM118


def test_damaged_file_is_refused_with_a_fix(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(LLMUnavailable, match=r"damaged\.gguf.*reinstall"):
        convert(damaged, tmp_path / "out")


@pytest.mark.slow
def test_smollm2_converts_from_scratch(tmp_path: Path) -> None:
    folder = model_folder(SMOLLM2, tmp_path)
    reference = model_folder(SMOLLM2, load_settings().cache_dir)
    assert (folder / "model.safetensors").read_bytes() == (reference / "model.safetensors").read_bytes()
    assert [path.name for path in (tmp_path / "models").iterdir()] == [folder.name]
