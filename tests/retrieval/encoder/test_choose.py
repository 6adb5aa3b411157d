import subprocess
import sys

import pytest

from retrieval.encoder.choose import choose_encoder

ENGLISH = [
    "Stainless steel kettle with whistle",
    "Hand cream for dry skin 75 ml",
    "Women's running shoes, blue",
    "Nescafé Gold 200 g",
    "Pack of 3 bags",
    "USB-C 2m",
    "Eau de Toilette Pour Homme by Rasasi, black edition",
    "Organic whole wheat flour",
]
GERMAN = [
    "Wasserkocher mit Pfeife, 2 Liter",
    "Handcreme für trockene Haut",
    "Damen Laufschuhe",
    "Kaffee gemahlen 500 g",
    "Große Dose",
]
RUSSIAN = ["Чайник со свистком 2 л", "Крем для рук", "iPhone 14 чёрный"]
JAPANESE = ["北海道 牛乳 1000ml", "コーヒー"]
CZECH = ["Konvice s píšťalkou", "Káva mletá"]


def judged(texts: list[str]) -> str:
    return choose_encoder([""] * len(texts), texts)[0]


@pytest.mark.parametrize("texts", [GERMAN, RUSSIAN, JAPANESE, CZECH, GERMAN + ENGLISH])
def test_titles_in_other_languages_choose_the_multilingual_encoder(texts: list[str]) -> None:
    assert judged(texts) == "embedded-multilingual"


def test_a_few_borrowed_words_leave_a_catalog_english() -> None:
    assert judged(ENGLISH * 5 + ["Crème brûlée"]) == "embedded"


@pytest.mark.parametrize(("foreign", "spec"), [(5, "embedded"), (6, "embedded-multilingual")])
def test_five_rows_in_a_hundred_are_tolerated(foreign: int, spec: str) -> None:
    locales = ["en-US"] * (100 - foreign) + ["de-DE"] * foreign
    assert choose_encoder(locales, ["title"] * 100)[0] == spec


@pytest.mark.parametrize("locale", ["en", "en-US", "en_GB", "EN-in", "us", " en "])
def test_english_locales_in_many_spellings(locale: str) -> None:
    assert choose_encoder([locale], ["Чайник"])[0] == "embedded"


def test_accents_in_most_titles_are_a_language() -> None:
    assert judged(["Kávéfőző", "Teáskanna", "Fűnyíró"]) == "embedded-multilingual"
    assert judged(["Kettle", "Teapot", "Café Olé", "Mower", "Hose", "Rake", "Saw"]) == "embedded"


def test_the_locale_outweighs_the_text() -> None:
    assert choose_encoder(["de"], ["Kettle with whistle"])[0] == "embedded-multilingual"


@pytest.mark.parametrize("locale", ["", "mul-Latn", "und"])
def test_a_locale_without_language_leaves_it_to_the_text(locale: str) -> None:
    assert choose_encoder([locale] * 3, RUSSIAN)[0] == "embedded-multilingual"
    assert choose_encoder([locale] * 8, ENGLISH)[0] == "embedded"


def test_rows_with_and_without_locale_count_together() -> None:
    spec, reason = choose_encoder(["en"] * 3 + [""] * 3, ["Kettle"] * 3 + RUSSIAN)
    assert spec == "embedded-multilingual"
    assert reason.startswith("50% of the catalog is not English (by its locales)")


@pytest.mark.parametrize("texts", [[], [""], ["500 g", "12 x 4", "AB-12"]])
def test_nothing_to_judge_by_is_english_and_says_so(texts: list[str]) -> None:
    spec, reason = choose_encoder([""] * len(texts), texts)
    assert spec == "embedded"
    assert "Nothing in the catalog tells its language" in reason


def test_the_reason_says_how_it_was_judged() -> None:
    assert "judged from the titles" in choose_encoder([""] * 3, RUSSIAN)[1]
    assert "by its locales" in choose_encoder(["ru"] * 3, RUSSIAN)[1]


def test_a_language_outside_the_models_training_is_named() -> None:
    assert "not trained on 'cs'" in choose_encoder(["cs-CZ"], CZECH[:1])[1]
    assert "not trained" not in choose_encoder(["ru"], RUSSIAN[:1])[1]


def test_a_large_catalog_is_sampled_evenly() -> None:
    texts = (ENGLISH * 9 + GERMAN * 6) * 1_000
    assert judged(texts) == "embedded-multilingual"


def test_one_locale_per_text_is_required() -> None:
    with pytest.raises(ValueError, match="zip"):
        choose_encoder(["en"], [])


def test_choosing_imports_nothing_heavy() -> None:
    code = "import sys, retrieval.encoder.choose; print([m for m in ('torch', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
