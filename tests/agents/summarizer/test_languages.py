import pytest

from agents.summarizer.languages import LANGUAGES, language, language_of, spoken


def test_language_is_that_of_most_locales() -> None:
    assert language_of(["de-DE", "de_AT", "en-US", ""]) == "de"
    assert language_of([]) == "en"


def test_what_is_no_language_does_not_count() -> None:
    assert language_of(["mul-Latn", "und", "xx", "mul-Latn", "ru"]) == "ru"
    assert language_of(["mul"], otherwise="fr") == "fr"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["Hundebett mit Bezug und Kissen", "Leine für den Hund aus Leder"], "de"),
        (["Шланг садовый 20 м", "Кормушка для птиц", "Миска"], "ru"),
        (["Collier pour chien avec clochette", "Lit et coussin pour chat", "Gamelle sans pied"], "fr"),
        (["犬用ベッド", "ねこのおもちゃ", "ホース"], "ja"),
        (["Bed with cover for the dog", "Toy of wood"], "en"),
        (["XC-90 12V", "Nike Air"], "en"),
        ([], "en"),
    ],
)
def test_texts_without_locale_tell_their_language(texts: list[str], code: str) -> None:
    assert spoken(texts) == code


def test_a_language_that_is_not_listed_is_named_by_its_code() -> None:
    assert language("fi").name == "language `fi`"
    assert language("fi").not_here == LANGUAGES["en"].not_here
    assert language("de").name == "German"
