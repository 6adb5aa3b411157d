"""What a category is called, and that its words find it."""

import numpy as np

from catalog.product import Product
from retrieval.sources.base import Queries
from retrieval.taxonomy import Category, Taxonomy
from training.label_sources import build_words, name_texts


def test_each_name_counts_once() -> None:
    category = Category(
        category_id="1",
        category_path="Home > Lamps",
        names={"en": "lamps", "de": "Lampen"},
        description="Light.",
    )
    texts = name_texts(category)
    assert len(texts) == 3
    assert {"Lampen", "Light."} < set(texts)


def test_shared_words_find_the_category_in_any_language() -> None:
    taxonomy = Taxonomy(
        [
            Category(category_id="1", category_path="Home > Lamps", names={"de": "Stehlampen"}),
            Category(category_id="2", category_path="Food > Green Tea"),
        ]
    )
    source = build_words(taxonomy, max_features=1000)
    texts = ["matcha green tea", "Stehlampe, Holz"]
    products = [Product(product_id=str(i), title=text) for i, text in enumerate(texts)]
    none = np.zeros((2, 0), np.float32)
    scores = source.answer(Queries(products, texts, none, none.astype(np.int64), none)).at(
        np.asarray([[0, 1], [0, 1]])
    )
    assert scores.argmax(axis=1).tolist() == [1, 0]
