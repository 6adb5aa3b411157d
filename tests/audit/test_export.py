import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest

from audit.export import CSV_FILE, JSON_FILE, PAGE_FILE, write_audit
from audit.page import render
from audit.suspicion import Audit, DepartmentFigures, Suspicion
from catalog.errors import WorkspaceError
from catalog.product import Product, RowError

EVIL = "<script>alert('x')</script> & \u202eevil"


def make_audit(title: str = "Garden hose", product_id: str = "p1") -> Audit:
    suspicion = Suspicion(
        row=7,
        product=Product(product_id=product_id, title=title, brand="<b>Brand</b>"),
        given_path="Garden > Sprinklers",
        proposed_path="Garden > Hoses",
        probability=0.875,
        proposed_probability=0.75,
        confident=True,
        kind="sibling",
        why=("Title words 'hose' speak for 'Garden > Hoses'.", "Second reason."),
    )
    return Audit(
        created="2026-11-02T10:00:00+00:00",
        catalog="shop & co.csv",
        labels=1200,
        unjudged=3,
        noise_rate=0.05,
        noise_shares={"sibling": 0.7, "department": 0.2, "elsewhere": 0.1},
        estimated=60.4,
        confident_issues=80,
        confident_estimate=75.0,
        weights={"linear model": 6.0},
        departments=(DepartmentFigures(department="Garden", labels=1200, estimated=60.4),),
        suspicions=(suspicion,),
        categories=("Garden > Hoses", "Garden > Sprinklers"),
        errors=(RowError(9, "p9", "empty_title", "Row 9: no title."),),
    )


class _Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_all_files_are_written_and_the_json_reads_back(tmp_path: Path) -> None:
    audit = make_audit()
    page = write_audit(audit, tmp_path / "new")
    assert {file.name for file in page.parent.iterdir()} == {CSV_FILE, JSON_FILE, PAGE_FILE}
    assert Audit.model_validate_json((page.parent / JSON_FILE).read_text("utf-8")) == audit
    with (page.parent / CSV_FILE).open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["product_id"] == "p1"
    assert line["probability"] == "0.8750"
    assert line["why"] == "Title words 'hose' speak for 'Garden > Hoses'. Second reason."


def test_product_text_stays_text_on_the_page() -> None:
    page = _Page(render(make_audit(title=EVIL, product_id='"><img src=x onerror=alert(1)>')))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in page.tags]
    assert "<script>alert('x')</script> & evil" in page.texts
    assert "<b>Brand</b>" in page.texts
    assert not any("onerror" in attributes for _, attributes in page.tags)


def test_the_page_loads_nothing_and_shows_the_figures() -> None:
    page = _Page(render(make_audit()))
    assert not any({"src", "href"} & attributes.keys() for _, attributes in page.tags)
    for figure in (
        "1,200",
        "60",
        "70.0%",
        "80",
        "87.5%",
        "Garden > Hoses",
        "Garden > Sprinklers",
        "shop & co.csv",
    ):
        assert figure in page.texts


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+1", "-1", "@x", "\u200b=1"])
def test_no_cell_is_a_formula(tmp_path: Path, title: str) -> None:
    write_audit(make_audit(title=title), tmp_path)
    with (tmp_path / CSV_FILE).open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["title"].startswith("'")


def test_an_audit_without_suspicions_is_a_page_too() -> None:
    empty = make_audit().model_copy(update={"suspicions": (), "unjudged": 0})
    assert "0 suspicious labels in" in _Page(render(empty)).texts


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        write_audit(make_audit(), tmp_path / "file" / "out")
