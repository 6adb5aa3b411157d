import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from app.chat.commands import FORMS
from app.chat.prompting import ChatCompleter

PATHS = [f"Shop > Part {n} > Leaf {n}" for n in range(12_000)] + ["Pets > Dogs > Dog Beds", "Pets > Beds"]


def completed(typed: str) -> list[str]:
    completer = ChatCompleter(PATHS, lambda: ["abc1", "abd2"])
    return [c.text for c in completer.get_completions(Document(typed), CompleteEvent())]


def test_slash_alone_offers_every_command() -> None:
    assert completed("/") == [f"/{form.name}" for form in FORMS]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("/his", "/history"),
        ("/why-not beds", "Pets > Beds"),
        ("why not dog beds", "Pets > Dogs > Dog Beds"),
        ("correct to pets dogs", "Pets > Dogs > Dog Beds"),
        ("/save-case leaf 1199", "Shop > Part 1199 > Leaf 1199"),
        ("what if th", "threshold = "),
        ("/thread abd", "abd2"),
        ("/export j", "json"),
    ],
)
def test_what_is_typed_is_completed(typed: str, first: str) -> None:
    assert completed(typed)[0] == first


@pytest.mark.parametrize("typed", ["Dog b", "/why-not ", "what if title = x", "/nope x", "Dog bed\n/his"])
def test_products_are_not_completed(typed: str) -> None:
    assert completed(typed) == []


def test_a_menu_stays_short() -> None:
    assert len(completed("/why-not leaf")) == 12
