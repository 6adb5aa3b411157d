import logging
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.llm.reply_cache import ReplyCache
from catalog.errors import SettingsError


def test_what_is_kept_is_found_by_the_next_process_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answers.sqlite"
    first = ReplyCache(path)
    first.keep({"a": "1", "ü": "中文"})
    assert first.find(["a", "b", "ü"]) == {"a": "1", "ü": "中文"}
    assert ReplyCache(path).find(["a"]) == {"a": "1"}


def test_the_first_answer_stands(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "a")
    cache.keep({"a": "1"})
    cache.keep({"a": "2", "b": "3"})
    assert cache.find(["a", "b"]) == {"a": "1", "b": "3"}


def test_nothing_asked_or_kept_is_nothing(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "a")
    cache.keep({})
    assert cache.find([]) == {}


def test_many_at_once(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "a")
    many = {str(number): str(-number) for number in range(1234)}
    cache.keep(many)
    assert cache.find(list(many)) == many


def test_threads_share_it(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "a")

    def work(number: int) -> bool:
        cache.keep({f"{number}.{each}": "x" for each in range(20)})
        return len(cache.find([f"{number}.{each}" for each in range(20)])) == 20

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


WRITER = """
import sys, pathlib
from agents.llm.reply_cache import ReplyCache
cache = ReplyCache(pathlib.Path(sys.argv[1]))
print("ready", flush=True); sys.stdin.readline()
for number in range(200):
    cache.keep({f"{sys.argv[2]}.{number}": sys.argv[2], f"shared.{number}": sys.argv[2]})
"""


def test_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    names = ["one", "two", "three"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.communicate(b"go\n", timeout=60)
        assert writer.returncode == 0
    cache = ReplyCache(path)
    for name in names:
        assert set(cache.find([f"{name}.{number}" for number in range(200)]).values()) == {name}
    assert len(cache.find([f"shared.{number}" for number in range(200)])) == 200


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE definitions (x)")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [damaged, foreign, folder])
def test_a_file_that_is_no_cache_is_refused_and_left_alone(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "answers.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(
        SettingsError, match=r"`llm_cache` '.*answers.sqlite' cannot be used.*delete the file"
    ):
        ReplyCache(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_trouble_while_running_costs_hits_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ReplyCache(tmp_path / "a")
    cache.keep({"a": "1"})
    with sqlite3.connect(tmp_path / "a") as connection:
        connection.execute("DROP TABLE answers")
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        assert cache.find(["a"]) == {}
        cache.keep({"b": "2"})
    (record,) = caplog.records
    assert "is not used any more: no such table" in record.getMessage()


def test_closing_ends_it(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "a")
    cache.close()
    assert cache.find(["a"]) == {}
