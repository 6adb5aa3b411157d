import sqlite3
import threading
from pathlib import Path

import pytest

from catalog.errors import SettingsError, TaxonomyError, WorkspaceError
from review.queue import ReviewQueue
from tests.review.conftest import CATEGORIES, make_case


def test_a_case_comes_out_as_it_went_in(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        entry = queue.entry(2)
    assert entry.case == make_case("p2")
    assert (entry.status, entry.chosen_path, entry.decided) == ("open", "", "")


def test_the_same_case_twice_is_one_and_keeps_its_decision(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        queue.accept(1, "ann")
        assert queue.add([make_case("p1", reason="again"), make_case("p4")], CATEGORIES) == 1
        assert queue.counts() == {"accepted": 1, "open": 3}
        assert queue.entry(1).case.reason == "Confidence 0.60."
        assert queue.add([make_case("p1", run="batch two")], CATEGORIES) == 1


def test_cases_are_found_by_status_and_department(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        queue.skip(1, "ann")
        assert [e.number for e in queue.entries("open")] == [2, 3]
        assert [e.number for e in queue.entries(department="Garden")] == [1, 2]
        assert [e.number for e in queue.entries("open", "Pets")] == [3]
        assert [e.number for e in queue.entries(limit=1)] == [1]
        assert queue.next_open() == queue.entry(2)
        assert queue.next_open(after=2) == queue.entry(3)
        assert queue.next_open("Garden", after=2) is None


def test_decisions_are_kept_with_who_and_what(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        queue.accept(1, "ann")
        queue.correct(2, "garden>sprinklers", "bob")
        queue.correct(3, "c3", "bob")
    with ReviewQueue(queue_file, must_exist=True) as queue:
        decided = [(e.status, e.chosen_path, e.reviewer) for e in queue.entries()]
        assert all(e.decided >= e.created for e in queue.entries())
    assert decided == [
        ("accepted", "Garden > Hoses", "ann"),
        ("corrected", "Garden > Sprinklers", "bob"),
        ("accepted", "Pets > Dog Beds", "bob"),
    ]


def test_only_the_first_decision_counts(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as mine, ReviewQueue(queue_file) as theirs:
        mine.accept(1, "ann")
        with pytest.raises(SettingsError, match=r"Case 1 was accepted before by 'ann'"):
            theirs.correct(1, "c2", "bob")
        assert theirs.entry(1).chosen_path == "Garden > Hoses"


def test_a_category_that_does_not_exist_changes_nothing(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        with pytest.raises(TaxonomyError) as error:
            queue.correct(1, "Garden > Sprinkler", "ann")
        assert "'Garden > Sprinklers'" in error.value.fix
        assert queue.entry(1).status == "open"


def test_an_unknown_number_is_said(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue, pytest.raises(SettingsError, match="no case 9"):
        queue.accept(9, "ann")


def test_adding_is_all_or_nothing(queue_file: Path) -> None:
    def broken():
        yield make_case("p8")
        raise RuntimeError("the catalog broke off")

    with ReviewQueue(queue_file) as queue:
        with pytest.raises(RuntimeError):
            queue.add(broken(), CATEGORIES)
        assert queue.counts() == {"open": 3}


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    failures: list[Exception] = []

    def fill(writer: int) -> None:
        try:
            for i in range(20):
                with ReviewQueue(path) as queue:
                    queue.add([make_case(f"p{i}"), make_case(f"own-{writer}-{i}")], CATEGORIES)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=fill, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with ReviewQueue(path) as queue:
        assert queue.counts() == {"open": 20 + 4 * 20}


def test_a_missing_queue_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="does not exist"):
        ReviewQueue(tmp_path / "none.sqlite", must_exist=True)


def test_a_foreign_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are no cases\n" * 100, "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be used as a review queue"):
        ReviewQueue(text)
    assert text.read_text("utf-8").startswith("these are no cases")

    database = tmp_path / "other.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE orders (id INTEGER)")
    connection.commit()
    connection.close()
    before = database.read_bytes()
    with pytest.raises(WorkspaceError, match="no review queue"):
        ReviewQueue(database)
    assert database.read_bytes() == before
