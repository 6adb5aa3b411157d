from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.product import Product
from catalog.text import normalise, product_text
from training.augmentation.texts import label_semantic_text, label_text, masked_path_text

MUG = Product(
    product_id="1",
    title="Blue Stoneware Mug 350 ml",
    description="Keeps coffee warm.",
    bullets=("dishwasher safe",),
    brand="Potter",
)
PATH = "Home > Kitchen > Drinkware > Mugs"
MASKED = {
    "Mugs . Drinkware . Kitchen",
    "Mugs . Drinkware . Home",
    "Mugs . Kitchen . Home",
}

WORDS = st.text("abcäж猫3", min_size=1, max_size=5)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
PRODUCTS = st.builds(
    Product,
    product_id=st.just("1"),
    title=PHRASES,
    description=PHRASES | st.just(""),
    bullets=st.lists(PHRASES, max_size=2).map(tuple),
    brand=PHRASES | st.just(""),
)
PARTS = st.lists(PHRASES, min_size=1, max_size=4)
SEEDS = st.integers(0, 1000)


def texts(writer, product: Product = MUG, path: str = PATH, draws: int = 200) -> Counter[str]:
    rng = np.random.default_rng(0)
    return Counter(writer(product, path, rng) for _ in range(draws))


def test_the_masked_path_replaces_title_or_body() -> None:
    for_title = {product_text(MUG.model_copy(update={"title": m})) for m in MASKED}
    for_body = {f"Blue Stoneware Mug 350 ml . Potter . {m}" for m in MASKED}
    drawn = texts(masked_path_text)
    assert set(drawn) == for_title | for_body
    assert sum(drawn[t] for t in for_title) == pytest.approx(100, abs=25)


def test_every_branch_but_the_leaf_is_masked_alike() -> None:
    drawn = texts(masked_path_text, draws=600)
    for masked in MASKED:
        assert sum(n for text, n in drawn.items() if masked in text) == pytest.approx(200, abs=50)


@given(PRODUCTS, st.lists(PHRASES, min_size=2, max_size=4), SEEDS)
def test_one_branch_of_the_path_is_missing_and_the_leaf_is_not(
    product: Product, parts: list[str], seed: int
) -> None:
    text = masked_path_text(product, " > ".join(parts), np.random.default_rng(seed))
    left = [label_text(parts[:i] + parts[i + 1 :]) for i in range(len(parts) - 1)]
    assert text in {
        product_text(product.model_copy(update=change))
        for masked in left
        for change in ({"title": masked}, {"description": masked, "bullets": ()})
    }


def test_a_path_of_one_part_has_no_branch_to_mask() -> None:
    bare = Product(product_id="1", title="Blue mug")
    assert set(texts(masked_path_text, bare, "Mugs")) == {"Mugs", "Blue mug . Mugs"}


def test_the_label_stands_anywhere_among_the_shuffled_words_of_the_title() -> None:
    drawn = texts(label_semantic_text)
    words = sorted([*MUG.title.split(), "Mugs"])
    assert all(sorted(text.split()) == words for text in drawn)
    places = Counter(text.split().index("Mugs") for text in drawn.elements())
    assert set(places) == set(range(6))
    assert len(drawn) > 100


@given(PRODUCTS, PARTS, SEEDS)
def test_label_semantics_keep_words_and_label_and_drop_the_rest(
    product: Product, parts: list[str], seed: int
) -> None:
    text = label_semantic_text(product, " > ".join(parts), np.random.default_rng(seed))
    leaf = normalise(parts[-1])
    assert leaf in text
    assert Counter(text.split()) == Counter(normalise(product.title).split()) + Counter(leaf.split())


@pytest.mark.parametrize("writer", [masked_path_text, label_semantic_text])
@given(product=PRODUCTS, parts=PARTS, seed=SEEDS)
def test_a_text_is_never_empty(writer, product: Product, parts: list[str], seed: int) -> None:
    assert writer(product, " > ".join(parts), np.random.default_rng(seed)).strip()


def test_a_title_without_readable_characters_leaves_the_label() -> None:
    invisible = Product(product_id="1", title="\u200b")
    assert label_semantic_text(invisible, PATH, np.random.default_rng(0)) == "Mugs"
