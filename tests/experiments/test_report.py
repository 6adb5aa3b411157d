"""The files of a report, and the page in a real browser."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from experiments.checks import Requirements
from experiments.files import to_csv, to_junit
from experiments.report import DATA_FILE, JUNIT_FILE, REPORT_FILE, TABLE_FILE, write_report
from experiments.result import Comparison
from tests.experiments.made import RIGHT, made_comparison

MARKS = {"rank.v1": "+-+-+!+-+-", "rank.v2": "+++--+++-+", "draft.jinja": "----------"}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return made_comparison(Requirements(fail_under=0.5), **MARKS)


def test_all_files_are_written_and_the_json_comes_back(comparison: Comparison, tmp_path: Path):
    page = write_report(comparison, tmp_path / "out")
    assert page.name == REPORT_FILE
    assert {path.name for path in page.parent.iterdir()} == {REPORT_FILE, DATA_FILE, TABLE_FILE, JUNIT_FILE}
    assert Comparison.model_validate_json((page.parent / DATA_FILE).read_bytes()) == comparison


def test_the_page_loads_nothing_and_runs_nothing_of_strangers(comparison: Comparison, tmp_path: Path):
    text = write_report(comparison, tmp_path).read_text("utf-8")
    assert "<script>alert(" not in text
    assert "&lt;script&gt;alert(" in text
    assert "&lt;b&gt;Other" in text
    assert text.count("<script") == 1
    assert not [word for word in ("http://", "https://", "src=", "@import") if word in text]


def test_the_table_has_a_line_a_case_and_no_formulas(comparison: Comparison):
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison))))
    assert len(rows) == 10
    assert [row["rank.v1 right"] for row in rows[:6]] == ["1", "0", "1", "0", "1", ""]
    assert rows[5]["rank.v1 error"] == "the server said 500"
    assert rows[1]["rank.v2 outcome"] == "win"
    assert rows[5]["rank.v2 outcome"] == "error"
    case = comparison.cases[0].model_copy(update={"title": "=HYPERLINK(1)"})
    harmless = to_csv(comparison.model_copy(update={"cases": (case,)}))
    assert "'=HYPERLINK(1)" in harmless


def test_junit_tells_which_requirement_is_not_met(comparison: Comparison):
    suites = ElementTree.fromstring(to_junit(comparison))
    found = {suite.attrib["name"]: suite.attrib["failures"] for suite in suites}
    assert found == {"rank.v2": "0", "draft.jinja": "1"}
    failure = suites.find("testsuite[@name='draft.jinja']/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "0.0% of 10 cases are right"
    plain = ElementTree.fromstring(to_junit(made_comparison(a="+", b="+")))
    assert [case.attrib["name"] for case in plain.iter("testcase")] == ["measured"]


def test_what_must_be_known_stands_on_the_page(tmp_path: Path):
    found = made_comparison(selected=True, a="+-!", b="++!")
    text = write_report(found, tmp_path).read_text("utf-8")
    assert "p-values prove nothing" in text
    assert "2 trials failed" in text
    assert json.loads((tmp_path / DATA_FILE).read_text("utf-8"))["selected"] is True


@pytest.fixture
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    playwright = pytest.importorskip("playwright.sync_api")
    if chromium is None:
        pytest.skip("no chromium here")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def test_a_reader_filters_to_losses_and_reads_a_case(browser: Any, comparison: Comparison, tmp_path: Path):
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.goto(write_report(comparison, tmp_path).as_uri())
    visible = page.locator(".case:visible")
    everything = visible.count()
    page.get_by_role("button", name="losses").click()
    losses = [i for i in range(10) if MARKS["rank.v1"][i] == "+" and MARKS["rank.v2"][i] == "-"]
    assert visible.count() == len(losses) < everything
    case = visible.first
    assert f"Snow clip {losses[0]} " in case.inner_text()
    columns = case.locator(".columns > div:visible")
    assert columns.count() == 2
    assert f"right {RIGHT}" in columns.nth(0).inner_text().replace("\n", " ")
    assert "wrong" in columns.nth(1).inner_text()
    assert "it is Toys > Beach Toys" in columns.nth(1).inner_text()
    page.select_option("#candidate", label="draft.jinja")
    assert visible.count() == MARKS["rank.v1"].count("+")
    page.get_by_role("button", name="all").click()
    page.fill("#search", "alert(1)")
    assert visible.count() == 1
    assert page.locator("#shown").inner_text().startswith("1 of ")
    assert problems == []
