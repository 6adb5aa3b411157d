from pathlib import Path

import pytest

from app.options import ComputeOptions, ModelOptions, column_mapping
from catalog.errors import SettingsError


def test_columns_are_ours_to_theirs() -> None:
    assert column_mapping(["title=name", "brand=a=b"]) == {"title": "name", "brand": "a=b"}
    assert column_mapping(None) == {}


@pytest.mark.parametrize("entry", ["title", "title=", "=name", ""])
def test_a_column_without_two_sides_is_refused(entry: str) -> None:
    with pytest.raises(SettingsError, match="--column") as caught:
        column_mapping([entry])
    assert "title=name" in caught.value.fix


def test_options_override_settings_only_when_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUAL_EXPERT_LLM", "openai:gpt")
    monkeypatch.setenv("DUAL_EXPERT_THREADS", "3")
    assert ModelOptions().settings().llm == "openai:gpt"
    given = ModelOptions(llm="none", device="cpu").settings(top_k=7)
    assert (given.llm, given.device, given.threads, given.top_k) == ("none", "cpu", 3, 7)
    assert ComputeOptions(threads=2).settings().threads == 2
