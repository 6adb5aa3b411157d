import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agents.llm.cache import build_once


def test_builds_only_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    build_once(folder, lambda scratch: (scratch / "file").write_text("first") and None)
    build_once(folder, lambda scratch: (scratch / "file").write_text("second") and None)
    assert (folder / "file").read_text() == "first"


def test_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build(scratch: Path) -> None:
        (scratch / "half").write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        build_once(tmp_path / "model", build)
    assert list(tmp_path.iterdir()) == []


def test_racing_builders_share_one_complete_folder(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def build(scratch: Path) -> None:
        barrier.wait(timeout=10)
        for part in range(3):
            (scratch / str(part)).write_text(scratch.name)

    seen: list[list[str]] = []

    def race() -> None:
        folder = build_once(tmp_path / "model", build)
        seen.append(sorted(file.read_text() for file in folder.iterdir()))

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert all(files == seen[0] and len(files) == 3 for files in seen)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_killed_builder_leaves_no_half_folder(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from agents.llm.cache import build_once\n"
        "def build(scratch):\n"
        "    (scratch / 'half').write_text('half'); print('building', flush=True); time.sleep(60)\n"
        "build_once(pathlib.Path(sys.argv[1]), build)"
    )
    folder = tmp_path / "model"
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "building"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not folder.exists()
    started = time.monotonic()
    build_once(folder, lambda scratch: (scratch / "whole").write_text("whole") and None)
    assert [file.name for file in folder.iterdir()] == ["whole"]
    assert time.monotonic() - started < 5
