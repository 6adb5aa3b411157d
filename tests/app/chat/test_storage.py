import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from agents.case import Candidate
from app.chat.records import ThreadInfo, Turn
from app.chat.storage import open_storage
from app.chat.threads import ThreadStore
from catalog.errors import DualExpertError, SettingsError, WorkspaceError
from catalog.product import Product

CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


def put(storage: Any, value: object) -> Any:
    versions: Any = {"products": 1}
    values = {"channel_values": {"products": [value]}, "channel_versions": versions}
    storage.checkpointer.put(CONFIG, empty_checkpoint() | values, {}, versions)
    return storage.checkpointer.get_tuple(CONFIG).checkpoint["channel_values"]["products"][0]


def test_a_checkpoint_brings_only_our_records_to_life(tmp_path: Path) -> None:
    product = Product(product_id="1", title="Dog bed", bullets=("soft",))
    stranger = Candidate(category_id="c", category_path="C", score=0.5, source="head")
    with open_storage(str(tmp_path / "t.sqlite")) as storage:
        assert put(storage, product) == product
        found = put(storage, stranger)
    assert found == stranger.model_dump()
    assert not isinstance(found, Candidate)


def threads_of(where: str) -> None:
    with open_storage(where) as storage:
        store = ThreadStore(storage.store)
        first, second = store.create("w", "f"), store.create("w", "f")
        for number in range(1, 131):
            turn = Turn(number=number, said=f"s{number}", kind="outcome", summary="", outcome=None, time="")
            store.add_turn(first.thread_id, turn)
        store.save(first.model_copy(update={"title": "Dog bed", "updated": "2026-01-01"}))
        store.save(second.model_copy(update={"updated": "2026-01-02"}))
    with open_storage(where) as storage:
        store = ThreadStore(storage.store)
        ours = [t for t in store.threads() if t.thread_id in (first.thread_id, second.thread_id)]
        assert [t.thread_id for t in ours] == [second.thread_id, first.thread_id]
        assert [t.said for t in store.turns(first.thread_id)] == [f"s{n}" for n in range(1, 131)]
        assert store.turns(second.thread_id) == []
        with pytest.raises(SettingsError, match="outcome"):
            store.outcome(first.thread_id, 1)


def test_threads_outlive_the_process(tmp_path: Path) -> None:
    threads_of(str(tmp_path / "below" / "t.sqlite"))


def test_postgres_keeps_threads_too() -> None:
    url = os.environ.get("DUAL_EXPERT_TEST_POSTGRES")
    if not url:
        pytest.skip("DUAL_EXPERT_TEST_POSTGRES names no empty Postgres database")
    threads_of(url)
    product = Product(product_id="1", title="Dog bed")
    with open_storage(url) as storage:
        assert put(storage, product) == product


def test_several_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            with open_storage(str(tmp_path / "t.sqlite")):
                pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    path.write_text("not a database, but long enough to be read as the header of one" * 20)
    with pytest.raises(WorkspaceError, match="cannot be opened") as caught, open_storage(str(path)):
        pass
    assert "--store" in caught.value.fix


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError), open_storage(str(tmp_path)):
        pass


def test_a_postgres_that_is_not_there_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.definitions.backends._WAIT_SECONDS", 0.3)
    with pytest.raises(DualExpertError) as caught, open_storage("postgresql://me:secret@127.0.0.1:1/shop"):
        pass
    assert "secret" not in str(caught.value)


def test_a_thread_of_another_version_is_said(tmp_path: Path) -> None:
    with open_storage(str(tmp_path / "t.sqlite")) as storage:
        storage.store.put(("chat", "threads"), "t1", {"thread_id": "t1", "shape": "another"})
        with pytest.raises(WorkspaceError, match="another version"):
            ThreadStore(storage.store).thread("t1")


def test_the_database_is_a_plain_sqlite_file(tmp_path: Path) -> None:
    with open_storage(str(tmp_path / "t.sqlite")) as storage:
        ThreadStore(storage.store).save(
            ThreadInfo(thread_id="t1", workspace="w", fingerprint="f", created="", updated="")
        )
    connection = sqlite3.connect(tmp_path / "t.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
