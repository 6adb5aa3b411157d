import json
from pathlib import Path

import pytest

from app.validation import (
    VALIDATION,
    ValidationRow,
    confidences_of,
    groups_of,
    read_validation,
    right_of,
)
from catalog.errors import WorkspaceError
from catalog.product import Product
from retrieval.workspace import Workspace


def row(number: int, path: str = "Shoes > Boots", locale: str = "de", title: str = "t") -> ValidationRow:
    product = Product(product_id=str(number), title=title, locale=locale)
    return ValidationRow(product=product, category_path=path, confidence=0.5 + number / 10, right=number > 1)


def rewrite(workspace: Workspace, lines: list[str]) -> None:
    path = workspace.path(VALIDATION)
    path.unlink()  # linked from the fixture that others read too
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_rows_are_read_in_file_order(workspace_copy: Path) -> None:
    workspace = Workspace(workspace_copy)
    rows = [row(0), row(2, title="line\u2028separator")]
    rewrite(workspace, [json.dumps(r.model_dump(), ensure_ascii=False) for r in rows])
    assert read_validation(workspace) == rows


def test_rows_without_a_first_candidate_are_read(workspace_copy: Path) -> None:
    workspace = Workspace(workspace_copy)
    rewrite(workspace, [row(0).model_dump_json(exclude={"category_path"})])
    assert read_validation(workspace)[0].category_path == ""


@pytest.mark.parametrize("lines", [["{"], ['{"product": {}}']])
def test_rows_that_cannot_be_read_are_said(workspace_copy: Path, lines: list[str]) -> None:
    workspace = Workspace(workspace_copy)
    rewrite(workspace, lines)
    with pytest.raises(WorkspaceError, match=VALIDATION):
        read_validation(workspace)


def test_columns_are_parallel() -> None:
    rows = [row(0), row(2), row(1)]
    assert confidences_of(rows).tolist() == pytest.approx([0.5, 0.7, 0.6])
    assert right_of(rows).tolist() == [False, True, False]


def test_groups_are_locales_or_departments_of_the_first_candidate() -> None:
    rows = [row(0), row(1, path="Toys", locale="")]
    assert groups_of(rows, "locale") == ["de", ""]
    assert groups_of(rows, "department") == ["Shoes", "Toys"]
    assert groups_of(rows, None) == ["", ""]


def test_departments_that_were_not_kept_are_refused() -> None:
    with pytest.raises(WorkspaceError, match="departments"):
        groups_of([row(0), row(1, path="")], "department")
