"""A small random BERT, and one product with all three fields."""

from pathlib import Path

import pytest

from catalog.product import Product
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from tests.tiny_bert import write_tiny_bert

WORDS = "red wool socks warm for winter walks two pairs machine washable steel kettle acme one litre"


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four layers."""
    return write_tiny_bert(tmp_path_factory.mktemp("bert"), [WORDS])


@pytest.fixture
def encoder(bert_folder: Path) -> Encoder:
    return load_encoder(str(bert_folder), device="cpu", precision="fp32", max_tokens=16)


@pytest.fixture
def socks() -> Product:
    return Product(
        product_id="s",
        title="Red wool socks",
        brand="Acme",
        description="Warm for winter walks",
        bullets=("two pairs", "machine washable"),
    )


@pytest.fixture
def kettle() -> Product:
    return Product(product_id="k", title="Steel kettle", description="one litre")
