import io
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, OK
from audit.export import write_audit
from review.corrections_file import read_corrections
from review.queue import ReviewQueue
from tests.audit.test_export import make_audit
from tests.conftest import Cli
from tests.review.conftest import CATEGORIES, make_case


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """Three open cases; the last is of the label audit."""
    path = tmp_path / "review.sqlite"
    with ReviewQueue(path) as opened:
        audited = make_case("p3", source="audit", given_path="Pets > Dog Beds")
        opened.add([make_case("p1"), make_case("p2"), audited], CATEGORIES)
    return path


def test_decisions_end_in_a_corrections_file(cli: Cli, queue: Path, tmp_path: Path) -> None:
    corrections = tmp_path / "corrections.csv"
    into = ("--queue", queue, "--reviewer", "ann", "--json")
    assert cli("review", "accept", 1, *into).document["case"]["status"] == "accepted"
    assert cli("review", "correct", 3, "Garden > Sprinklers", *into).document["case"]["reviewer"] == "ann"
    outcome = cli("review", "export", "--corrections", corrections, *into)
    assert (outcome.code, outcome.document["corrections"]) == (OK, 2)
    found = {c.product_id: c for c in read_corrections(corrections)}
    assert found["p1"].new_category_path == "Garden > Hoses"
    assert (found["p3"].old_category_path, found["p3"].source) == ("Pets > Dog Beds", "audit")
    assert cli("review", "skip", 2, *into).code == OK
    assert cli("review", "export", "--corrections", corrections, *into).document["corrections"] == 2


def test_an_export_keeps_what_else_stands_in_the_file(cli: Cli, queue: Path, tmp_path: Path) -> None:
    corrections = tmp_path / "corrections.csv"
    corrections.write_text("product_id,new_category_path,source\nother,Garden > Taps,chat\n", "utf-8")
    cli("review", "accept", 2, "--queue", queue)
    assert cli("review", "export", "--corrections", corrections, "--queue", queue).code == OK
    assert [c.product_id for c in read_corrections(corrections)] == ["other", "p2"]


def test_the_queue_may_be_named_before_the_subcommand(cli: Cli, queue: Path) -> None:
    outcome = cli("review", "--queue", queue, "next", "--json")
    assert (outcome.code, outcome.document["case"]["number"]) == (OK, 1)
    assert cli("review", "next").code == COULD_NOT_RUN


def test_cases_are_listed_by_status_and_department(cli: Cli, queue: Path) -> None:
    cli("review", "skip", 1, "--queue", queue)
    listed = cli("review", "list", "--queue", queue, "--json").document
    assert [case["number"] for case in listed["cases"]] == [2, 3]
    assert listed["counts"] == {"open": 2, "skipped": 1}
    everything = cli("review", "list", "--status", "all", "--queue", queue)
    assert "Title of p1" in everything.stdout
    assert cli("review", "list", "--department", "Pets", "--queue", queue, "--json").document["cases"] == []
    wrong = cli("review", "list", "--status", "done", "--queue", queue)
    assert wrong.code == COULD_NOT_RUN
    assert "open, accepted, corrected, skipped, all" in wrong.stderr


def test_without_a_terminal_it_says_how_many_there_are(cli: Cli, queue: Path) -> None:
    outcome = cli("review", "--queue", queue, "--json")
    assert (outcome.code, outcome.document) == (OK, {"counts": {"open": 3}})


def test_on_a_terminal_it_asks_case_by_case(cli: Cli, queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("a\n2\nq\n"))
    outcome = cli("review", "--queue", queue, "--reviewer", "ann")
    assert outcome.code == OK
    assert "Title of p1" in outcome.stdout
    assert "2 decided." in outcome.stderr
    with ReviewQueue(queue) as opened:
        assert opened.counts() == {"accepted": 1, "corrected": 1, "open": 1}
        assert opened.entry(2).reviewer == "ann"


def test_mistakes_are_said_with_their_fix(cli: Cli, queue: Path, tmp_path: Path) -> None:
    unknown = cli("review", "correct", 1, "Garden > Hose", "--queue", queue)
    assert unknown.code == COULD_NOT_RUN
    assert "Did you mean 'Garden > Hoses'" in unknown.stderr
    missing = cli("review", "next", "--queue", tmp_path / "none.sqlite")
    assert missing.code == COULD_NOT_RUN
    assert "review fill" in missing.stderr
    neither = cli("review", "fill", "--queue", queue)
    assert "either `--batch` or `--audit`" in neither.stderr


def test_an_audit_fills_a_new_queue(cli: Cli, tmp_path: Path) -> None:
    write_audit(make_audit(), tmp_path / "audit")
    fill = ("review", "fill", "--audit", tmp_path / "audit", "--queue", tmp_path / "new.sqlite", "--json")
    assert cli(*fill).document == {"cases": 1, "added": 1, "counts": {"open": 1}}
    assert cli(*fill).document["added"] == 0
    shown = cli("review", "next", "--queue", tmp_path / "new.sqlite")
    assert "rather" not in shown.stdout
    assert "Garden > Hoses" in shown.stdout
