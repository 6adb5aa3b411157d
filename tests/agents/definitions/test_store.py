import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langgraph.store.sqlite import SqliteStore

from agents.definitions import DefinitionStore
from agents.definitions.history import now
from catalog.errors import DualExpertError, SettingsError, WorkspaceError

ROOT = Path(__file__).parents[3]


def test_definitions_outlive_the_process(path, make) -> None:
    first = DefinitionStore.open(path)
    kept = first.add(make(text="Ünïcode «text»"))
    first.close()
    again = DefinitionStore.open(path)
    assert again.histories(["hoses", "taps"]) == {"hoses": kept}
    assert again.get(["hoses"])["hoses"].text == "Ünïcode «text»"
    again.close()


def test_what_another_process_decides_counts_at_once(store, path, make) -> None:
    store.add(make("one"))
    assert store.get(["hoses"])["hoses"].status == "draft"
    other = DefinitionStore.open(path)
    other.approve("hoses", 1, "Ann")
    other.close()
    assert store.get(["hoses"])["hoses"].reviewer == "Ann"


def test_the_same_inputs_are_added_once(store, make) -> None:
    store.add(make("first"))
    assert [d.text for d in store.add(make("second")).versions] == ["first"]
    assert [d.text for d in store.add(make("third", inputs_hash="h2")).versions] == ["first", "third"]
    late = make("fourth", inputs_hash="h2", written=now())
    assert len(store.add(late, since=now()).versions) == 3


def test_an_approved_definition_is_never_overwritten(store, make) -> None:
    store.add(make("approved one"))
    store.approve("hoses", 1, "Ann")
    for number in range(5):
        store.add(make(f"rewrite {number}", inputs_hash=f"n{number}"))
    history = store.histories(["hoses"])["hoses"]
    assert (history.current.text, history.current.status) == ("approved one", "approved")
    assert len(history.versions) == 6
    assert history.proposal is not None
    assert history.proposal.text == "rewrite 4"


def test_approving_what_is_not_there_is_an_error(store, make) -> None:
    with pytest.raises(WorkspaceError, match="'hoses' has no definition of version 1"):
        store.approve("hoses", 1, "Ann")
    store.add(make())
    with pytest.raises(WorkspaceError, match="version 2"):
        store.approve("hoses", 2, "Ann")


def test_a_definition_moves_with_its_category_and_its_decisions(store, make) -> None:
    store.add(make("one"))
    store.approve("hoses", 1, "Ann")
    moved = store.move("hoses", "h2", "Garden > Watering > Hoses")
    assert moved is not None
    assert (moved.category_id, moved.current.category_path) == ("h2", "Garden > Watering > Hoses")
    assert moved.current.reviewer == "Ann"
    assert store.histories(["hoses", "h2"]) == {"h2": moved}


def test_a_rename_keeps_the_id(store, make) -> None:
    store.add(make("one"))
    store.move("hoses", "hoses", "Garden > Pipes")
    assert store.get(["hoses"])["hoses"].category_path == "Garden > Pipes"


def test_the_definition_at_the_target_of_a_merge_stays(store, make) -> None:
    store.add(make("of the source"))
    store.add(make("of the target", category_id="taps", category_path="Garden > Taps"))
    store.move("hoses", "taps", "Garden > Taps")
    assert {i: d.text for i, d in store.get(["hoses", "taps"]).items()} == {"taps": "of the target"}
    assert store.move("gone", "nowhere", "Nowhere") is None


def test_all_records_are_found_and_forgotten_ones_are_not(store, make) -> None:
    for number in range(3):
        store.add(make(category_id=f"c{number}"))
    store.remove(["c1", "unknown"])
    assert sorted(store.all()) == ["c0", "c2"]


def test_many_threads_and_two_stores_lose_nothing(path, make) -> None:
    stores = [DefinitionStore.open(path) for _ in range(2)]

    def write(number: int) -> None:
        stores[number % 2].add(make(f"text {number}", inputs_hash=f"h{number}"))

    stores[0].add(make("first", inputs_hash="h"))
    stores[0].edit(make("typed", method="person", status="edited", reviewer="Ann", inputs_hash=""))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    history = stores[0].histories(["hoses"])["hoses"]
    assert {d.text for d in history.versions} == {"first", "typed", *(f"text {n}" for n in range(24))}
    assert history.current.text == "typed"
    for opened in stores:
        opened.close()


_WRITER = """
import sys
from pathlib import Path
from agents.case import Definition
from agents.definitions import DefinitionStore

place, name = sys.argv[1:]
store = DefinitionStore.open(Path(place))
for number in range(15):
    fields = dict(method="llm", terms=(), example_ids=(), sibling_ids=(), model="", prompt="", version=1)
    fields |= dict(category_id="hoses", category_path="Hoses", text=name, inputs_hash=f"{name}{number}")
    store.add(Definition(**fields))
    if name == "approving":
        store.approve("hoses", 1, "Ann")
"""


def test_two_processes_lose_nothing(path) -> None:
    """Also when both make the file."""
    names = ("drafting", "approving")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name], env=environment) for name in names
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = DefinitionStore.open(path)
    history = store.histories(["hoses"])["hoses"]
    assert sorted(d.text for d in history.versions) == ["approving"] * 15 + ["drafting"] * 15
    assert (history.in_use, history.current.reviewer) == (1, "Ann")
    store.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path) -> None:
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(WorkspaceError, match="cannot be used: file is not a database"):
        DefinitionStore.open(path)
    assert path.read_bytes().startswith(b"no database")


def test_a_folder_in_its_place_is_refused(path) -> None:
    path.mkdir()
    with pytest.raises(WorkspaceError, match="unable to open"):
        DefinitionStore.open(path)


def _overwrite(path: Path, value: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE store SET value = ?", (value,))
    connection.close()


@pytest.mark.parametrize("value", ['{"versions": []}', '{"from": "the future"}', "{broken"])
def test_a_damaged_record_is_an_error_and_never_written_over(store, path, make, value) -> None:
    store.add(make())
    _overwrite(path, value)
    for use in (lambda: store.get(["hoses"]), lambda: store.add(make("new", inputs_hash="h2"))):
        with pytest.raises(WorkspaceError) as caught:
            use()
        assert caught.value.fix
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM store").fetchall() == [(value,)]
    connection.close()


def test_records_of_the_form_before_histories_are_taken_over_once(path, make) -> None:
    old = {
        name: value
        for name, value in make("old text").model_dump(mode="json").items()
        if name not in ("status", "reviewer", "written", "decided", "refused")
    }
    connection = sqlite3.connect(path, isolation_level=None)
    before = SqliteStore(connection)
    before.setup()
    before.put(("definitions",), "hoses", old, index=False)
    before.put(("definitions",), "unreadable", {"what": "ever"}, index=False)
    connection.close()
    for _ in range(2):
        opened = DefinitionStore.open(path)
        (history,) = opened.all().values()
        assert (history.current.text, history.current.version) == ("old text", 1)
        assert history.current.status == "draft"
        opened.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT DISTINCT prefix FROM store").fetchall() == [
            ("category_definitions",)
        ]
    connection.close()


def test_an_unfinished_refresh_keeps_its_beginning(store) -> None:
    began = store.refresh_since("all")
    assert store.refresh_since("all") == began
    assert store.refresh_since("others") > began
    store.refreshed("all")
    assert store.refresh_since("all") > began


def test_a_postgres_that_is_not_there_is_an_error_without_the_password(monkeypatch) -> None:
    monkeypatch.setattr("agents.definitions.backends._WAIT_SECONDS", 0.3)
    with pytest.raises(DualExpertError) as caught:
        DefinitionStore.open("postgresql://me:secret@127.0.0.1:1/shop")
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, WorkspaceError | SettingsError)  # the latter without the extra


@pytest.fixture
def postgres() -> str:
    url = os.environ.get("DUAL_EXPERT_TEST_POSTGRES")
    if not url:
        pytest.skip("DUAL_EXPERT_TEST_POSTGRES names no empty Postgres database")
    return url


def test_postgres_keeps_the_same_promises(postgres, make) -> None:
    stores = [DefinitionStore.open(postgres) for _ in range(2)]
    stores[0].remove(stores[0].all())

    def write(number: int) -> None:
        stores[number % 2].add(make(f"text {number}", inputs_hash=f"h{number}"))

    stores[0].add(make("first", inputs_hash="h"))
    stores[0].edit(make("typed", method="person", status="edited", reviewer="Ann", inputs_hash=""))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    history = stores[1].histories(["hoses"])["hoses"]
    assert {d.text for d in history.versions} == {"first", "typed", *(f"text {n}" for n in range(24))}
    assert history.current.text == "typed"
    moved = stores[1].move("hoses", "h2", "Garden > Pipes")
    assert stores[0].all() == {"h2": moved}
    for opened in stores:
        opened.close()
