"""The command line in this process, and one small workspace, really trained, for all tests that need one."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from retrieval.workspace import DEFINITIONS, GATE, GENERAL

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
    from training.schedule import Schedule
    from training.train import TrainingJob, train

    folder = tmp_path_factory.mktemp("trained") / "workspace"
    recipe = Recipe(encoder="embedded", schedule=Schedule(epochs=2, batch_size=16), target_accuracy=0.6)
    train(TrainingJob(tiny_catalog, folder, recipe, columns={}, split=tiny_split, device="cpu"), Silent())
    return folder


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """What `--json` printed: one document and nothing else."""
        return json.loads(self.stdout)


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command line, such as `cli("gate", "--workspace", folder)`."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def workspace_copy(workspace_dir: Path, tmp_path: Path) -> Path:
    """A workspace whose gate, fusion and definitions may be changed; the large files are shared."""
    copy = tmp_path / "workspace"
    own = {DEFINITIONS, GATE, GENERAL}

    def place(source: str, target: str) -> str:
        if Path(source).name in own:
            return str(shutil.copy2(source, target))
        os.link(source, target)
        return target

    shutil.copytree(workspace_dir, copy, copy_function=place)
    return copy
