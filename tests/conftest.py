"""One small workspace, really trained, for all tests that need one."""

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def tiny_catalog() -> Path:
    """90 products in 6 categories: `product_id`, `title`, `brand`, `category_path`, `locale`."""
    return DATA / "tiny_catalog.csv"


@pytest.fixture(scope="session")
def tiny_split() -> Path:
    """Of each category 9 products to train on, 4 to validate on and 2 to test on."""
    return DATA / "tiny_split.csv"


@pytest.fixture(scope="session")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory, tiny_catalog: Path, tiny_split: Path) -> Path:
    """A workspace trained on `tiny_catalog`; read it only, others use it too."""
    from catalog.progress import Silent
    from training.recipe import Recipe
    from training.train import TrainingJob, train

    folder = tmp_path_factory.mktemp("trained") / "workspace"
    recipe = Recipe(encoder="embedded", epochs=2, batch_size=16, target_accuracy=0.6)
    train(TrainingJob(tiny_catalog, folder, recipe, columns={}, split=tiny_split, device="cpu"), Silent())
    return folder
