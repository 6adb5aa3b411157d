"""The store of answers: nothing is lost by a kill, nothing is taken from another's failures."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from catalog.errors import WorkspaceError
from experiments.store import TrialStore
from experiments.trial import Trial

GOOD, BAD = Trial(own="a", cost=0.5), Trial(error="503", cost=0.25)


def test_answers_are_shared_and_failures_are_not(tmp_path: Path):
    with TrialStore(tmp_path / "a.sqlite") as store:
        store.add("good", "one", GOOD)
        store.add("bad", "one", BAD)
        assert store.find(["good", "bad", "none"], "one") == {"good": GOOD, "bad": BAD}
        assert store.find(["good", "bad"], "two") == {"good": GOOD}
        assert store.find(["good", "bad"], "one", errors=False) == {"good": GOOD}
        assert (store.spent("one"), store.spent("two")) == (0.75, 0.0)


def test_a_failure_gives_way_to_an_answer_and_an_answer_to_nothing(tmp_path: Path):
    with TrialStore(tmp_path / "a.sqlite") as store:
        store.add("key", "one", BAD)
        store.add("key", "two", GOOD)
        store.add("key", "three", BAD)
        assert store.find(["key"], "any") == {"key": GOOD}
        assert store.spent("three") == 0.25


def test_many_keys_are_found_at_once(tmp_path: Path):
    with TrialStore(tmp_path / "a.sqlite") as store:
        for number in range(1200):
            store.add(str(number), "one", GOOD)
        assert len(store.find(map(str, range(1300)), "one")) == 1200


def test_a_killed_process_leaves_every_answer_that_was_written(tmp_path: Path):
    """SIGKILL in the middle of writing; what was reported as written is there."""
    code = """
        import sys
        from pathlib import Path
        from experiments.store import TrialStore
        from experiments.trial import Trial
        with TrialStore(Path(sys.argv[1])) as store:
            for number in range(100_000):
                store.add(str(number), "one", Trial(own="a", cost=1.0))
                print(number, flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "a.sqlite")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    with process.stdout:
        written = [int(process.stdout.readline()) for _ in range(40)]
        process.send_signal(signal.SIGKILL)
    process.wait()
    with TrialStore(tmp_path / "a.sqlite") as store:
        found = store.find(map(str, range(100_000)), "one")
        assert set(map(str, written)) <= found.keys()
        assert store.spent("one") == len(found)


def test_other_files_are_refused(tmp_path: Path):
    text = tmp_path / "text.sqlite"
    text.write_text("no database, but long enough to be taken for one " * 20)
    with pytest.raises(WorkspaceError, match="cannot be used"):
        TrialStore(text)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WorkspaceError, match="of this version"):
        TrialStore(newer)


def test_an_answer_of_another_version_is_asked_again(tmp_path: Path):
    path = tmp_path / "a.sqlite"
    with TrialStore(path) as store:
        store.add("key", "one", GOOD)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE trials SET content = '{\"strange\": 1}'")
    connection.close()
    with TrialStore(path) as store:
        assert store.find(["key"], "one") == {}
