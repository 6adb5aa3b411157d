from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, OK
from tests.conftest import Cli


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dual-expert.toml").write_text("top_k = 7\n", "utf-8")
    monkeypatch.setenv("DUAL_EXPERT_LLM_API_KEY", "sk-very-secret")


def test_every_setting_has_its_source_and_secrets_are_masked(cli: Cli) -> None:
    outcome = cli("config", "--llm", "none", "--json")
    assert outcome.code == OK
    settings = {s["name"]: (s["value"], s["source"]) for s in outcome.document["settings"]}
    assert settings["llm"] == ("none", "command line")
    assert settings["top_k"] == ("7", "`dual-expert.toml`")
    assert settings["chunk_rows"] == ("1024", "default")
    assert settings["llm_api_key"] == ("**********", "environment `DUAL_EXPERT_LLM_API_KEY`")
    assert "very-secret" not in outcome.stdout


def test_it_is_a_table_to_read(cli: Cli) -> None:
    outcome = cli("config")
    assert "dual-expert.toml" in outcome.stdout
    assert "very-secret" not in outcome.stdout


def test_a_setting_that_makes_no_sense_is_said(cli: Cli) -> None:
    outcome = cli("config", "--strategy", "guess", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "`strategy` is 'guess' (command line)" in outcome.document["error"]["message"]
