"""Which files are pages, and that nothing else is shown."""

import os
from pathlib import Path

import pytest

from app.web.reports import Reports
from catalog.errors import SettingsError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "june #1").mkdir(parents=True)
    (out / "report.html").write_text("<p>old", "utf-8")
    (out / "june #1" / "report.html").write_text("<p>new", "utf-8")
    (out / "ledger.sqlite").write_text("secret", "utf-8")
    (tmp_path / "other.html").write_text("secret", "utf-8")
    os.utime(out / "report.html", (1, 1))
    return out


def test_the_last_written_comes_first(folder: Path) -> None:
    pages = Reports([folder]).pages()
    assert [page.name for page in pages] == ["out/june #1/report.html", "out/report.html"]
    assert pages[0].url == "/reports/0/june%20%231/report.html"
    assert pages[1].changed == "1970-01-01 00:00"


def test_pages_are_found_by_their_urls(folder: Path) -> None:
    found = Reports([folder]).file(0, "june #1/report.html")
    assert found is not None
    assert found.read_text("utf-8") == "<p>new"


@pytest.mark.parametrize("name", ["ledger.sqlite", "../other.html", "/etc/hosts", "none.html", "june #1", ""])
def test_nothing_else_is_shown(folder: Path, name: str) -> None:
    assert Reports([folder]).file(0, name) is None


def test_links_do_not_lead_out(folder: Path, tmp_path: Path) -> None:
    (folder / "link.html").symlink_to(tmp_path / "other.html")
    assert Reports([folder]).file(0, "link.html") is None


def test_there_are_only_the_folders_that_were_named(folder: Path) -> None:
    reports = Reports([folder])
    assert reports.file(1, "report.html") is None
    assert reports.file(-1, "report.html") is None


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no folder"):
        Reports([tmp_path / "none"])
