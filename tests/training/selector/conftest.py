"""Rows of a small catalog, and the embedded encoder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from catalog.product import Product
from catalog.text import product_text
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from tests.tiny_llama import tiny_llama
from training.rows import LabelledRows


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder("embedded", device="cpu", max_tokens=32)


@pytest.fixture(scope="session")
def decoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama(
        tmp_path_factory.mktemp("llama"), ["red hose", "blue knife", "green kettle", "grey lamp"]
    )


@pytest.fixture(scope="session")
def labelled() -> Callable[[Sequence[str], Sequence[int]], LabelledRows]:
    """Titles and the taxonomy position of each, as rows."""
    return _labelled


def _labelled(titles: Sequence[str], positions: Sequence[int]) -> LabelledRows:
    products = [
        Product(product_id=str(i), title=title, category_paths=(f"C > {position}",))
        for i, (title, position) in enumerate(zip(titles, positions, strict=True))
    ]
    return LabelledRows(products, [product_text(p) for p in products], np.asarray(positions, np.int64))
