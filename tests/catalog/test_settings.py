import os
import traceback
from pathlib import Path

import pytest

from catalog.errors import SettingsError
from catalog.settings import TOML_FILE, Settings, load_settings, settings_sources


@pytest.fixture(autouse=True)
def _empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("DUAL_EXPERT_"):
            monkeypatch.delenv(name)


def shown(settings: Settings, name: str) -> tuple[str, str]:
    return next((value, source) for n, value, source in settings_sources(settings) if n == name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.threads is None
    assert (settings.llm, settings.strategy, settings.top_k) == ("embedded", "auto", 10)
    assert settings.cache_dir.name == "dual-expert"
    assert {source for _, _, source in settings_sources(settings)} == {"default"}
    assert [name for name, _, _ in settings_sources(settings)] == list(Settings.model_fields)


def test_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(TOML_FILE).write_text('top_k = 2\nthreads = 2\nllm = "vllm:x"\n')
    assert shown(load_settings(), "top_k") == ("2", "`dual-expert.toml`")
    monkeypatch.setenv("DUAL_EXPERT_TOP_K", "3")
    monkeypatch.setenv("dual_expert_threads", "3")
    assert shown(load_settings(), "top_k") == ("3", "environment `DUAL_EXPERT_TOP_K`")
    settings = load_settings(top_k=4, llm=None)
    assert shown(settings, "top_k") == ("4", "command line")
    assert shown(settings, "threads") == ("3", "environment `DUAL_EXPERT_THREADS`")
    assert shown(settings, "llm") == ("vllm:x", "`dual-expert.toml`")
    assert shown(settings, "device") == ("auto", "default")
    assert (settings.top_k, settings.threads) == (4, 3)


def test_source_is_named_even_for_a_value_like_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUAL_EXPERT_TOP_K", "10")
    assert shown(load_settings(), "top_k") == ("10", "environment `DUAL_EXPERT_TOP_K`")
    monkeypatch.setenv("DUAL_EXPERT_TOP_K", "")
    assert shown(load_settings(), "top_k") == ("10", "default")


def test_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(cache_dir="~/models").cache_dir == tmp_path / "models"
    assert load_settings(llm_cache="~/answers.sqlite").llm_cache == tmp_path / "answers.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert load_settings().cache_dir == tmp_path / "x" / "dual-expert"


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUAL_EXPERT_LLM_API_KEY", "sk-123")
    settings = load_settings()
    assert settings.llm_api_key is not None
    assert settings.llm_api_key.get_secret_value() == "sk-123"
    assert "sk-123" not in repr(settings) + str(settings_sources(settings))
    Path(TOML_FILE).write_text('llm_api_key = ["sk-456"]\n')
    monkeypatch.delenv("DUAL_EXPERT_LLM_API_KEY")
    with pytest.raises(SettingsError, match="`llm_api_key`") as caught:
        load_settings()
    assert "sk-456" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", 0),
        ("threads", "all"),
        ("top_k", 0),
        ("chunk_rows", 0),
        ("llm_timeout_s", 0),
        ("llm_timeout_s", "inf"),
        ("llm_max_retries", -1),
        ("llm_concurrency", 0),
        ("strategy", "best"),
        ("accept_gemma_terms", "perhaps"),
        ("llm", " "[:0]),
    ],
)
def test_senseless_values_are_named_with_their_source(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**{name: value})
    assert caught.value.message.startswith(f"`{name}` is {value!r} (command line): ")


def test_source_of_a_senseless_value(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(TOML_FILE).write_text("top_k = 'few'\n")
    with pytest.raises(SettingsError, match=r"`top_k` is 'few' \(`dual-expert\.toml`\)"):
        load_settings()
    monkeypatch.setenv("DUAL_EXPERT_TOP_K", "many")
    with pytest.raises(SettingsError, match=r"'many' \(environment `DUAL_EXPERT_TOP_K`\)"):
        load_settings()
    assert load_settings(top_k=3).top_k == 3


def test_unknown_names_get_the_closest() -> None:
    with pytest.raises(SettingsError, match=r"`topk` \(command line\).*`top_k`"):
        load_settings(topk=3)
    Path(TOML_FILE).write_text("llm-base-url = 'http://localhost'\n")
    with pytest.raises(SettingsError, match=r"`llm-base-url` \(`dual-expert\.toml`\).*`llm_base_url`"):
        load_settings()


@pytest.mark.parametrize("data", [b"top_k = ", b"llm = '\xe9'"])
def test_broken_file(data: bytes) -> None:
    Path(TOML_FILE).write_bytes(data)
    with pytest.raises(SettingsError, match=r"`dual-expert\.toml` cannot be read"):
        load_settings()


@pytest.mark.parametrize("strategy", ["auto", "cot_rank", "name+definition+rank"])
def test_strategies_can_be_combined(strategy: str) -> None:
    assert load_settings(strategy=strategy).strategy == strategy


@pytest.mark.parametrize("strategy", ["", "auto+rank", "rank+guess", "rank+"])
def test_a_strategy_that_is_none_is_refused(strategy: str) -> None:
    with pytest.raises(SettingsError, match="`strategy`"):
        load_settings(strategy=strategy)
