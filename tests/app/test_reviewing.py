import json
from pathlib import Path

import pytest

from app.reviewing import fill_from_audit, fill_from_batch
from audit.export import JSON_FILE, write_audit
from catalog.errors import WorkspaceError
from review.queue import ReviewQueue
from tests.audit.test_export import make_audit


@pytest.fixture(scope="module")
def batch(workspace_dir: Path, tiny_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch without a general expert and with a gate that lets nothing out: every row is `review`."""
    from app.cli import run

    out = tmp_path_factory.mktemp("batch") / "out"
    options = ["--workspace", str(workspace_dir), "--out", str(out), "--llm", "none", "--device", "cpu"]
    assert run(["batch", "run", str(tiny_catalog), *options, "--threshold", "1", "--limit", "12"]) == 0
    return out


def test_undecided_rows_become_cases_once(batch: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    with ReviewQueue(tmp_path / "q.sqlite") as queue:
        filled = fill_from_batch(queue, batch, catalog=tiny_catalog)
        assert (filled.cases, filled.added) == (12, 12)
        assert fill_from_batch(queue, batch, catalog=tiny_catalog).added == 0
        entry = queue.entry(1)
    case = entry.case
    assert (case.product.product_id, case.source) == ("tiny-01", "batch")
    assert case.product.title.startswith("Expandable garden hose")
    assert case.given_path == "Garden > Watering > Garden Hoses"
    assert case.verdict is not None
    assert case.verdict["category_path"] == case.proposed.category_path
    assert case.verdict["status"] == "review"
    assert case.confidence == case.verdict["confidence"]
    assert case.reason.endswith("and no general expert was asked.")
    assert len(case.choices) > 1


def test_the_taxonomy_of_the_workspace_bounds_corrections(
    batch: Path, workspace_dir: Path, tmp_path: Path
) -> None:
    taxonomy = workspace_dir / "taxonomy.json"
    with ReviewQueue(tmp_path / "q.sqlite") as queue:
        fill_from_batch(queue, batch, taxonomy=taxonomy)
        known = {c["category_path"] for c in json.loads(taxonomy.read_text("utf-8"))["categories"]}
        assert set(queue.categories().values()) == known
        assert queue.entry(1).case.product.title == "(title unknown)"


def test_a_folder_without_batch_is_refused(tmp_path: Path) -> None:
    with ReviewQueue(tmp_path / "q.sqlite") as queue, pytest.raises(WorkspaceError, match="no batch"):
        fill_from_batch(queue, tmp_path)


def test_suspicions_become_cases_that_offer_the_label_too(tmp_path: Path) -> None:
    write_audit(make_audit(), tmp_path)
    with ReviewQueue(tmp_path / "q.sqlite") as queue:
        assert fill_from_audit(queue, tmp_path).added == 1
        assert fill_from_audit(queue, tmp_path).added == 0
        case = queue.entry(1).case
        queue.correct(1, "Garden > Sprinklers", "ann")
        assert queue.entry(1).status == "corrected"
    assert (case.source, case.given_path) == ("audit", "Garden > Sprinklers")
    assert [c.category_path for c in case.choices] == ["Garden > Hoses", "Garden > Sprinklers"]
    assert [c.score for c in case.choices] == [0.75, 0.125]
    assert case.reason.startswith("Title words 'hose'")


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_folder_without_audit_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / JSON_FILE).write_text(content, "utf-8")
    with ReviewQueue(tmp_path / "q.sqlite") as queue, pytest.raises(WorkspaceError, match="label audit"):
        fill_from_audit(queue, tmp_path)
