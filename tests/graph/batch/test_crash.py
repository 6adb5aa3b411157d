"""Crashes at every step, real kills, full disks."""

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch_world import job, output, run

from catalog.errors import WorkspaceError
from graph.batch.results import read_verdicts

KILLING = Path(__file__).with_name("killing.py")
ROOT = Path(__file__).parents[3]
STEPS = ("write", "fsync", "replace")
COUNT = 20
LLM_SLOTS = 2


def killed(*arguments: object) -> Any:
    return answer_of(KILLING, *arguments)


def killed_asking(*arguments: object) -> Any:
    return answer_of(KILLING.with_name("killing_llm.py"), *arguments)


def answer_of(script: Path, *arguments: object) -> Any:
    command = [sys.executable, str(script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_kill_at_any_step_loses_nothing(tmp_path: Path) -> None:
    found = killed("steps", tmp_path, COUNT)
    assert found["kills"] >= 30  # 6 a chunk, and those around
    assert found["wrong"] == []


def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    found = killed("moments", tmp_path, 1_000, 1, 2)
    assert found["kills"] >= 4
    assert found["wrong"] == []


@pytest.mark.slow
def test_many_kills_of_a_larger_batch_lose_nothing(tmp_path: Path) -> None:
    found = killed("moments", tmp_path, 20_000, *range(50))
    assert found["kills"] >= 100
    assert found["wrong"] == []


def test_a_kill_at_any_step_of_a_retry_loses_nothing(tmp_path: Path) -> None:
    found = killed("retries", tmp_path, 10)
    assert found["kills"] >= 15
    assert found["wrong"] == []


def check_calls(found: Any, kills: int) -> None:
    """One pass, and what was under way at each kill."""
    assert found["whole"] == found["needed"] > 0
    assert sum(each["kills"] for each in found["runs"]) >= kills
    for each in found["runs"]:
        assert each["same"]
        assert found["needed"] <= each["asked"] <= found["needed"] + LLM_SLOTS * each["kills"]


def test_kills_do_not_let_an_answer_be_paid_twice(tmp_path: Path) -> None:
    check_calls(killed_asking(tmp_path, 800, 1), kills=2)


@pytest.mark.slow
def test_many_kills_of_a_larger_batch_pay_for_one_pass(tmp_path: Path) -> None:
    check_calls(killed_asking(tmp_path, 20_000, *range(50)), kills=100)


def failing_at(monkeypatch: pytest.MonkeyPatch, step: int, code: int) -> None:
    """Lets the system refuse from step `step` on, a write after half of it."""
    done = 0

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal done
            done += 1
            if done == step and name == "write":
                return real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if done >= step:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        return call

    for name in STEPS:
        monkeypatch.setattr(os, name, wrap(name, getattr(os, name)))


def refusal(out: Path) -> str | None:
    try:
        run(job(out, COUNT))
    except WorkspaceError as error:
        return str(error)
    return None


def test_a_disk_that_fills_up_at_any_step_is_told_and_survived(tmp_path: Path) -> None:
    run(job(tmp_path / "whole", COUNT))
    whole = output(tmp_path / "whole")
    for step in range(1, 100):
        out = tmp_path / str(step)
        with pytest.MonkeyPatch.context() as patch:
            failing_at(patch, step, errno.ENOSPC)
            told = refusal(out)
        if told is None:
            break
        assert "No space left on device" in told
        assert "Free disk space, then run the same again" in told
        assert not list(out.rglob("*.tmp"))
        run(job(out, COUNT))
        assert output(out) == whole, step
    assert step > 30


def test_a_folder_that_cannot_be_written_is_told(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, 12, errno.EROFS)
    with pytest.raises(WorkspaceError, match=r"cannot be written: Read-only.*Make the folder writable"):
        run(job(out, COUNT))


def test_a_limit_of_the_system_on_files_is_told_and_survived(tmp_path: Path) -> None:
    out = tmp_path / "out"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))  # less than a part; Python ignores SIGXFSZ
    try:
        with pytest.raises(WorkspaceError, match=r"part-000000\.parquet` cannot be written: File too large"):
            run(job(out, COUNT))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(read_verdicts(out)) == []
    run(job(out, COUNT))
    assert [row["row"] for row in read_verdicts(out)] == list(range(1, COUNT + 1))


def test_a_part_is_on_disk_before_its_line(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def note(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            path = Path(os.readlink(f"/proc/self/fd/{arguments[0]}") if name != "replace" else arguments[1])
            steps.append(f"{name} {path.name}")
            return real(*arguments)

        return call

    for name in STEPS:
        monkeypatch.setattr(os, name, note(name, getattr(os, name)))
    run(job(out, 8))
    first = steps.index("write .part-000000.parquet.tmp")
    assert steps[first : first + 6] == [
        "write .part-000000.parquet.tmp",
        "fsync .part-000000.parquet.tmp",
        "replace part-000000.parquet",
        "fsync verdicts",
        "write ledger.jsonl",
        "fsync ledger.jsonl",
    ]
    assert {"fsync out", f"fsync {out.parent.name}"} <= {*steps[: steps.index("write ledger.jsonl")]}
    assert steps[-2:] == ["write ledger.jsonl", "fsync ledger.jsonl"]
