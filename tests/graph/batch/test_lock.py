import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from batch_world import classify, job, run

from catalog.errors import WorkspaceError
from catalog.product import Product
from graph.batch.lock import folder_lock
from graph.verdict import Verdict

ROOT = Path(__file__).parents[3]
TAKE = """
import sys, pathlib
from graph.batch.lock import folder_lock
with folder_lock(pathlib.Path(sys.argv[1])):
    pass
"""


def take_elsewhere(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", TAKE, str(folder)]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_another_process_is_refused_while_the_folder_is_held(tmp_path: Path) -> None:
    with folder_lock(tmp_path):
        refused = take_elsewhere(tmp_path)
    assert refused.returncode != 0
    assert f"in use by another run, process {os.getpid()}" in refused.stderr
    assert take_elsewhere(tmp_path).returncode == 0


def test_a_second_run_on_the_same_folder_is_refused_and_harms_nothing(out: Path) -> None:
    refusals = []

    def classifier(products: Sequence[Product]) -> list[Verdict]:
        with pytest.raises(WorkspaceError, match="Wait until it is done") as refusal:
            run(job(out, 20))
        refusals.append(refusal)
        return classify(products)

    assert run(job(out, 20), classifier).errors == 2
    assert len(refusals) == 3


def test_the_folder_is_free_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with folder_lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())
