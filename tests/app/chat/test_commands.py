import pytest

from app.chat.commands import BY_NAME, Command, read_command
from catalog.errors import SettingsError


@pytest.mark.parametrize(
    ("typed", "name", "argument"),
    [
        ("why not Home > Beds?", "why-not", "Home > Beds"),
        ("Why not 3 ?", "why-not", "3"),
        ("/why-not Home > Beds", "why-not", "Home > Beds"),
        ("what if title = Dog bed, k = 3?", "what-if", "title = Dog bed, k = 3"),
        ("edit definition of Beds: for dogs", "edit-definition", "Beds: for dogs"),
        ("edit the definition of Beds: for dogs", "edit-definition", "Beds: for dogs"),
        ("save as case", "save-case", ""),
        ("save this as a case: Beds", "save-case", "Beds"),
        ("accept", "accept", ""),
        ("correct to Beds", "correct", "Beds"),
        ("correct it to Beds", "correct", "Beds"),
        ("history", "history", ""),
        ("undo", "undo", ""),
        ("export json", "export", "json"),
        ("reload the prompts", "reload", ""),
        ("exit", "quit", ""),
        ("/HELP", "help", ""),
        ("why did it win", "ask", "why did it win"),
        ("and the runner-up?", "ask", "and the runner-up?"),
    ],
)
def test_what_is_said_becomes_a_command(typed: str, name: str, argument: str) -> None:
    assert read_command(typed) == Command(name, argument)


@pytest.mark.parametrize(
    "typed",
    [
        "Undo Your Hair conditioner, 200 ml",
        "Correct posture brace for men",
        "Accept no limits T-shirt",
        "Helpful kitchen tool",
        '{"title": "What is this?"}',
        "What If? Serious answers, hardcover\nBrand: Penguin",
        "Dog bed, washable",
    ],
)
def test_a_product_that_sounds_like_a_command_is_a_product(typed: str) -> None:
    assert read_command(typed) == Command("classify", typed)


@pytest.mark.parametrize("typed", ["/", "/ ", "/bogus", "/why-not", "/thread  "])
def test_what_cannot_be_done_is_said(typed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_command(typed)
    assert caught.value.fix


def test_a_misspelt_command_is_guessed() -> None:
    with pytest.raises(SettingsError, match="/history"):
        read_command("/histroy")


def test_every_natural_phrasing_has_a_slash_form() -> None:
    spoken = [form for form in BY_NAME.values() if form.spoken]
    assert {read_command(f"/{form.name} x").name for form in spoken} == {form.name for form in spoken}
