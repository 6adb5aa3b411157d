import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluation.evaluate import Evaluation, EvaluationRow, evaluate
from evaluation.report import render, write_report

SECTIONS = [
    "summary",
    "figures",
    "levels",
    "uncertain",
    "gate",
    "points",
    "statuses",
    "groups",
    "departments",
    "classes",
    "confusions",
    "mistakes",
]
RIGHT = "Toys > Snow > Clippers"
EVIL = '<script>alert("x")</script><img src=x onerror=y>'
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Balance(HTMLParser):
    """Collects tags and attributes; a closing tag must close the last open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Balance:
    balance = Balance()
    balance.feed(page)
    balance.close()
    return balance


@pytest.fixture(scope="module")
def page(mixed_rows: list[EvaluationRow]) -> str:
    return render(evaluate(mixed_rows, {RIGHT: 120}))


def test_page_and_figures_are_written(mixed_rows: list[EvaluationRow], tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    evaluation = evaluate(mixed_rows, {})
    path = write_report(evaluation, out, {"catalog": "shop.csv"})
    assert path == out / "report.html"
    assert sorted(file.name for file in out.iterdir()) == ["evaluation.json", "report.html"]
    kept = Evaluation.model_validate_json((out / "evaluation.json").read_text("utf-8"))
    assert kept == evaluation.model_copy(update={"meta": {"catalog": "shop.csv"}})


def test_all_sections_are_there_and_the_page_is_well_formed(page: str) -> None:
    found = parsed(page)
    assert not found.open
    assert set(SECTIONS) <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert page.count("<svg ") == 5


def test_the_page_loads_nothing(page: str) -> None:
    found = parsed(page)
    assert all(address.startswith("#") for address in found.addresses)
    assert found.tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert "http" not in page
    assert not re.search(r"url\((?!#)|@import", page)


def test_n_and_the_kind_of_interval_are_stated(page: str) -> None:
    assert "n = 10" in page
    assert "Wilson 95%" in page


def test_light_and_dark_and_phones_are_seen_to(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page
    assert "@media (max-width" in page


def test_figures_stand_where_they_belong(page: str) -> None:
    assert re.search(r"Accuracy</th><td>60\.0% .*?31\.3.83\.2%.*?</td><td>70\.0% .*?39\.7.89\.2%", page)
    assert "Only the domain expert is right on 1 of them, only the dual expert on 2" in page


def between(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


def test_new_figures_stand_where_they_belong(page: str, mixed_rows: list[EvaluationRow]) -> None:
    level = evaluate(mixed_rows, {}).dual_expert.levels.levels[2]
    row = between(page, "Level 3</th>", "</tr>")
    assert 'data-label="Classes">2</td>' in row
    assert f'data-label="Weighted F1, dual">{100 * level.weighted.f1:.1f}%</td>' in row
    assert f'data-label="Macro F1, dual">{100 * level.macro.f1:.1f}%</td>' in row
    assert re.search(r"AUC of the classes, macro</th><td>0\.\d{3}</td><td>0\.\d{3}</td>", page)
    german = between(page, "<bdi>de-DE</bdi>", "</tr>")
    assert re.search(r'data-label="ECE"><span class="domain">50\.0%</span><span class="dual">60\.0%', german)
    matrix = between(page, '<table class="matrix">', "</table>")
    assert re.search(r'style="--tint: 60%" title="9 of 9">100\.0</td>', matrix)
    assert "<bdi>Games</bdi>" in matrix
    hardest = between(page, '<section id="classes">', "</section>")
    assert "Toys &gt; Snow &gt; Clippers" in hardest


def test_whatever_comes_from_the_catalog_is_escaped(
    make_row: Callable[..., EvaluationRow], tmp_path: Path
) -> None:
    hostile = make_row(
        product_id=EVIL,
        title=EVIL,
        locale=EVIL,
        truths=(f"{EVIL} > {EVIL}",),
        prediction=f"A > {EVIL}",
        status="review",
    )
    path = write_report(evaluate([hostile], {}), tmp_path, {EVIL: EVIL})
    page = path.read_text("utf-8")
    assert "&lt;script&gt;" in page
    assert parsed(page).tags.isdisjoint({"script", "img"})


def test_a_lone_surrogate_does_not_stop_the_report(
    make_row: Callable[..., EvaluationRow], tmp_path: Path
) -> None:
    row = make_row(title="bad \ud800 title", product_id="\udfff", prediction="A")
    path = write_report(evaluate([row], {}), tmp_path, {})
    assert "bad ? title" in path.read_text("utf-8")
    assert Evaluation.model_validate_json((tmp_path / "evaluation.json").read_text("utf-8")).n == 1


def test_long_titles_are_cut(make_row: Callable[..., EvaluationRow]) -> None:
    page = render(evaluate([make_row(title="word " * 400, prediction="A")], {}))
    assert page.count("word ") < 50


def test_no_mistakes_and_no_uncertain_part_are_said(make_row: Callable[..., EvaluationRow]) -> None:
    page = render(evaluate([make_row(locale="")], {}))
    assert "No mistakes among 1 products" in page
    assert "The gate accepted all 1 products" in page
    assert "not stated" in page


def test_many_departments_are_cut_and_said_so(make_row: Callable[..., EvaluationRow]) -> None:
    page = render(evaluate([make_row(truths=(f"Department {i:02} > A",)) for i in range(41)], {}))
    departments = between(page, "<h3>Department</h3>", "</section>")
    assert "The 40 largest of 41" in departments
    assert departments.count("<bdi>Department") == 40
    matrix = between(page, '<table class="matrix">', "</table>")
    assert matrix.count("<bdi>") == 16
    assert "<bdi>all others</bdi>" in matrix


def test_tiny_p_values_are_not_printed_as_zero(make_row: Callable[..., EvaluationRow]) -> None:
    rescued = make_row(domain_prediction="A", status="deliberated")
    assert "p &lt; 0.0001" in render(evaluate([rescued] * 40, {}))


def test_an_earlier_report_is_replaced_whole(mixed_rows: list[EvaluationRow], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old" * 10**6)
    path = write_report(evaluate(mixed_rows, {}), tmp_path, {})
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert path.read_text("utf-8").rstrip().endswith("</html>")
