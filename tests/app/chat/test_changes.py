from typing import Any

import pytest

from app.chat.changes import read_change
from app.chat.records import RunSettings
from catalog.errors import SettingsError
from catalog.product import Product

LIKELIHOOD = "general_expert/likelihood.v1"


@pytest.mark.parametrize(
    ("words", "product", "settings"),
    [
        ("title = Dog bed", {"title": "Dog bed"}, {}),
        ('title = "Dog bed, 80 x 60, blue", k = 5', {"title": "Dog bed, 80 x 60, blue"}, {"top_k": "5"}),
        ("the threshold were 0.9", {}, {"threshold": "0.9"}),
        ("threshold was 0.5 and locale = de-DE", {"locale": "de-DE"}, {"threshold": "0.5"}),
        ("k 5", {}, {"top_k": "5"}),
        ("threshold = gate", {}, {"threshold": None}),
        ("model = openai:gpt-5-mini", {}, {"llm": "openai:gpt-5-mini"}),
        ("prompt = v2", {}, {"prompt": "general_expert/likelihood.v2"}),
        ("prompt = general_expert/rank.v1", {}, {"prompt": "general_expert/rank.v1"}),
        ("bullets = soft | washable", {"bullets": ("soft", "washable")}, {}),
        ("Brand: Acme", {"brand": "Acme"}, {}),
    ],
)
def test_changes_are_read_from_words(words: str, product: dict[str, Any], settings: dict[str, Any]) -> None:
    change = read_change(words, LIKELIHOOD)
    assert (change.product, change.settings) == (product, settings)


def test_a_title_may_hold_names_of_other_things() -> None:
    change = read_change("title = Vitamin K tablets for the top model", LIKELIHOOD)
    assert change.product == {"title": "Vitamin K tablets for the top model"}
    assert not change.settings


@pytest.mark.parametrize("words", ["", "it rained", "colour = red", "price were 3"])
def test_what_cannot_be_changed_is_refused_with_what_can(words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_change(words, LIKELIHOOD)
    assert "threshold" in caught.value.fix


def test_a_version_alone_needs_a_prompt_in_use() -> None:
    with pytest.raises(SettingsError, match="v2"):
        read_change("prompt = v2", "")


@pytest.mark.parametrize("words", ["k = 0", "k = many", "threshold = 1.5", "threshold = -1", "model = "])
def test_a_setting_that_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(SettingsError):
        read_change(words, LIKELIHOOD).of_settings(RunSettings())


def test_a_product_keeps_its_title() -> None:
    with pytest.raises(SettingsError, match="title"):
        read_change("title = ''", LIKELIHOOD).of_product(Product(product_id="1", title="Dog bed"))


@pytest.mark.parametrize(
    ("words", "reroutes"),
    [("threshold = 0.5, model = none", True), ("k = 3", False), ("locale = de, threshold = 0.5", False)],
)
def test_only_what_follows_the_recommendation_reroutes(words: str, reroutes: bool) -> None:
    assert read_change(words, LIKELIHOOD).reroutes is reroutes


def test_a_change_reads_like_what_was_asked() -> None:
    assert str(read_change("title = Dog's bed, k = 3", "")) == 'title = "Dog\'s bed", k = 3'
