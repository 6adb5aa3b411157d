"""The small catalog's training products, and a small random BERT that knows their words."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from catalog.product import Product, Row
from catalog.progress import Progress, Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.sources.hierarchy.source import HierarchySource
from retrieval.taxonomy import Taxonomy
from tests.tiny_bert import write_tiny_bert
from training.hierarchy.settings import Hierarchy
from training.hierarchy.train import train_hierarchy
from training.schedule import Schedule


@dataclass(frozen=True)
class Shop:
    """Products by part, and the taxonomy with two more levels of choice: departments of two leaves each."""

    train: list[Product]
    validation: list[Product]
    taxonomy: Taxonomy

    def positions(self, products: list[Product]) -> npt.NDArray[np.int64]:
        return np.asarray([self.taxonomy.require(p.category_paths[0]) for p in products])


def in_pairs(product: Product) -> Product:
    """The six departments of the catalog as three, so that each has two leaves."""
    merged = {"Garden": "Out", "Sports": "Out", "Kitchen": "In", "Grocery": "In"}
    root, *rest = product.category_paths[0].split(" > ")
    path = " > ".join((merged.get(root, "Other"), *rest))
    return product.model_copy(update={"category_paths": (path,)})


@pytest.fixture(scope="session")
def shop(tiny_catalog: Path, tiny_split: Path) -> Shop:
    part = read_split(tiny_split)
    rows = [row for row in read_catalog(tiny_catalog, columns={}, labelled=True) if isinstance(row, Row)]
    products = [in_pairs(row.product) for row in rows]
    return Shop(
        [p for p in products if part[p.product_id] == "train"],
        [p for p in products if part[p.product_id] == "validation"],
        Taxonomy.from_paths(p.category_paths[0] for p in products),
    )


@pytest.fixture(scope="session")
def shop_bert(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = [f"{p.title} {p.brand} {p.category_paths[0]}" for p in shop.train]
    return write_tiny_bert(tmp_path_factory.mktemp("bert"), words, layers=4)


@pytest.fixture
def encoder(shop_bert: Path) -> Encoder:
    return load_encoder(str(shop_bert), device="cpu", precision="fp32", max_tokens=32)


Train = Callable[..., HierarchySource]


@pytest.fixture(scope="session")
def trained_in(shop: Shop, shop_bert: Path) -> Train:
    """Trains on the small catalog: `trained_in(folder, settings, epochs=2)`."""

    def train(
        folder: Path,
        settings: Hierarchy,
        *,
        epochs: int,
        rate: float = 1e-3,
        progress: Progress | None = None,
    ) -> HierarchySource:
        return train_hierarchy(
            shop.train,
            shop.positions(shop.train),
            shop.taxonomy,
            settings,
            Schedule(epochs=epochs, batch_size=16, learning_rate=rate, head_factor=3.0),
            encoder_spec=str(shop_bert),
            device="cpu",
            max_tokens=32,
            seed=0,
            folder=folder,
            progress=progress or Silent(),
            precision="fp32",
        )

    return train
