"""The command line in this process, and a workspace that a test may change."""

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
