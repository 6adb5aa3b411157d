from pathlib import Path

import pytest

from agents.llm.prices import Price, load_prices, require_price
from agents.llm.usage import Usage
from catalog.errors import SettingsError


def table(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_table_can_be_read_and_its_embedded_models_are_free() -> None:
    prices = load_prices()
    for model in ("embedded", "embedded:gemma-3-270m"):
        price = require_price(prices, model)
        assert price.of(Usage(tokens_in=10**6, tokens_out=10**6)) == 0.0
        assert price.serial


def test_cached_tokens_cost_their_own_price_and_the_machine_its_time() -> None:
    price = Price(input=2.0, cached=0.5, output=8.0, second=0.01)
    usage = Usage(tokens_in=1_000_000, tokens_cached=400_000, tokens_out=250_000)
    assert price.of(usage, seconds=100.0) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.25 * 8.0 + 1.0)


def test_cached_tokens_without_a_price_of_their_own_cost_like_others() -> None:
    price = Price(input=2.0, output=0.0)
    assert price.of_tokens(1_000_000, 0, 1_000_000) == 2.0


def test_the_longest_key_that_fits_counts(tmp_path: Path) -> None:
    own = table(
        tmp_path,
        '[models."x:*"]\ninput = 1.0\noutput = 1.0\n[models."x:big*"]\ninput = 9.0\noutput = 9.0\n',
    )
    prices = load_prices(own)
    assert require_price(prices, "x:big-2").input == 9.0
    assert require_price(prices, "x:small").input == 1.0


def test_own_entries_stand_over_the_shipped_ones(tmp_path: Path) -> None:
    own = table(tmp_path, '[models."embedded*"]\ninput = 0.5\noutput = 0.5\n')
    assert require_price(load_prices(own), "embedded").input == 0.5
    assert load_prices(own).find("openai:gpt-5-mini") == load_prices().find("openai:gpt-5-mini")


def test_a_model_without_a_price_is_told_how_to_give_one() -> None:
    assert load_prices().find("mine") is None
    with pytest.raises(SettingsError, match=r"no price of 'mine'.*\[models\.\"mine\"\].*--prices"):
        require_price(load_prices(), "mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[models."x"]\ninput = 1.0\n', r"lacks `models\.x\.output`"),
        ('[models."x"]\ninput = 1.0\noutput = 1.0\ninptu = 2.0\n', r"a key too many: `models\.x\.inptu`"),
        ('[models."x"]\ninput = -1.0\noutput = 1.0\n', r"`models\.x\.input` is -1\.0"),
        ('[models."x"]\ninput = "1"\noutput = 1.0\n', r"`models\.x\.input` is '1'"),
        ('[models."x.1"]\ninput = 1.0\n', r'lacks `models\."x\.1"\.output`'),
        ("[model]\n", r"a key too many: `model`|lacks `models`"),
        ("models = [", r"cannot be read"),
    ],
)
def test_a_wrong_table_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(SettingsError, match=said) as refusal:
        load_prices(path)
    assert str(path) in refusal.value.message
    assert refusal.value.fix


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml` cannot be read"):
        load_prices(tmp_path / "nowhere.toml")
