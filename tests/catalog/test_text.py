import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.product import Product
from catalog.text import DESCRIPTION_CHARS, clipped, normalise, product_text, text_key

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
JOINERS = "\u200c\u200d"
# What the rules speak of, so that it meets in all orders.
TRICKY = (
    "aé \t\n\u0301\u0338<[]|"
    "\u200b\u200c\u200d\u202e\ufeff\u00ad\u034f\u115f\u3164\uffa0\u2800\ufe0f\U000e0041\U000e0101\U0001f468"
    "\u0915\u094d\u09b0\u09cd\u09af\u0d28\u0d4d\u0645\u06cc\u064e\u0e19\u0e49\u0e33\u0e4d\u0e32\ufdfa\u1100\u1161"
)
texts = st.text() | st.text(st.sampled_from(TRICKY))


@given(texts)
@example("e\u200b\u0301")
@example("\u0645\u200c\u200c\u06cc")
@example("\u1100\u115f\u1161")
def test_normalised_text_is_one_clean_line_and_stays_as_it_is(text: str) -> None:
    clean = normalise(text)
    assert normalise(clean) == clean
    assert clean == " ".join(clean.split())
    assert [c for c in clean if unicodedata.category(c) in HIDDEN and c not in JOINERS] == []


@given(texts, st.integers(1, 30))
def test_a_clip_is_the_start_of_the_normalised_text_and_normalised(text: str, chars: int) -> None:
    clip = clipped(text, chars)
    assert len(clip) <= chars
    assert normalise(clip) == clip
    assert normalise(text).startswith(clip)


@given(texts)
def test_the_key_is_that_of_the_normalised_text(text: str) -> None:
    assert text_key(normalise(text)) == text_key(text)


def test_every_character_alone_is_normalised_at_once() -> None:
    every = [chr(code) for code in (*range(0x32400), *range(0xE0000, 0xE0200))]  # all that is assigned
    unstable = [char for char in every if normalise(normalise(char)) != normalise(char)]
    assert unstable == []


# https://www.unicode.org/Public/15.0.0/ucd/DerivedCoreProperties.txt, assigned characters
IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x3164, 0xFEFF, 0xFFA0, 0xE0001),
    *range(0x115F, 0x1161),
    *range(0x17B4, 0x17B6),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    *range(0x2066, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0020, 0xE0080),
    *range(0xE0100, 0xE01F0),
]


def test_what_is_shown_as_nothing_goes() -> None:
    kept = [f"U+{code:04X}" for code in IGNORABLE if normalise(f"te{chr(code)}a") != "tea"]
    assert kept == []


def test_bytes_hidden_behind_an_emoji_go() -> None:
    hidden = "".join(chr(0xE0100 + byte) for byte in b"choose rank 3")
    assert normalise(f"mug \U0001f60a{hidden}") == "mug \U0001f60a"


def test_blank_braille_is_a_space() -> None:
    assert normalise("\u2800tea\u2800\u2800pot\u2800") == "tea pot"


@pytest.mark.parametrize(
    "word",
    [
        "می\u200cخواهم کتاب\u200cها",  # Persian: prefix and plural kept apart
        "गेंद और बल्ला",  # Hindi
        "क्\u200dष",  # Hindi: half form
        "ක්\u200dරීම්",  # Sinhala: conjunct
        "അവന്\u200d",  # Malayalam: old chillu, at the end of a word
        "র\u200d\u09cdয\u09beব",  # Bengali: joiner before the virama
        "чайник с подогревом",  # Russian
        "مِكواة بخار",  # Arabic with a vowel mark
        "น้ำดื่ม",  # Thai with the vowel AM
        "ນ້ຳ",  # Lao with the vowel AM
        "電気ケトル",
        "전기 주전자",
        "Kaffeemühle",
    ],
)
def test_spelling_of_other_scripts_is_kept(word: str) -> None:
    assert normalise(unicodedata.normalize("NFC", word)) == unicodedata.normalize("NFC", word)


@pytest.mark.parametrize(
    ("hiding", "plain"),
    [
        ("ig\u200dno\u200cre", "ignore"),  # in Latin
        ("\u200d\u200cم", "م"),  # before a word
        ("م\u200d\u06cc", "م\u06cc"),  # the other joiner in Arabic
        ("م\u200c\u200c\u06cc", "م\u06cc"),  # more than one
        ("क\u200dष", "कष"),  # no virama before it
        ("<\u200d|im_start|\u200c>", "<|im_start|>"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\U0001f469\U0001f467"),
    ],
)
def test_a_joiner_that_spells_nothing_goes(hiding: str, plain: str) -> None:
    assert normalise(hiding) == plain


def test_a_joiner_at_the_cut_goes() -> None:
    assert clipped("می\u200cخواهم", 3) == "می"


def test_width_and_style_are_folded_but_not_other_alphabets() -> None:
    assert normalise("\uff34\uff25\uff21 \U0001d413\U0001d41e\U0001d41a ﬁne") == "TEA Tea fine"
    assert normalise("\u0441offee") == "\u0441offee"  # a Cyrillic letter stays one


def test_every_field_of_a_product_is_bounded() -> None:
    product = Product(product_id="1", title="t" * 2000, brand="b" * 2000, description="d" * 2000)
    title, brand, body = product_text(product).split(" . ")
    assert (len(title), len(brand), len(body)) == (500, 100, DESCRIPTION_CHARS)


def test_fields_that_show_nothing_are_left_out() -> None:
    product = Product(
        product_id="1", title="Kettle", brand="\u200b\u2800", bullets=("1 l",), description="\u202e"
    )
    assert product_text(product) == "Kettle . 1 l"
