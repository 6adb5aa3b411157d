import json
from pathlib import Path

import numpy as np
import pytest

from agents.fusion import FusionRecord, Fusions
from app.gating import GateRequest, mended_share, set_gate
from app.validation import VALIDATION, ValidationRow, confidences_of, read_validation, right_of
from catalog.errors import SettingsError, WorkspaceError
from catalog.product import Product
from retrieval.choice import ChoiceModel
from retrieval.workspace import GATE, GENERAL, Workspace, write_json

PROMISE = GateRequest(target_accuracy=0.5, confidence=0.8)


@pytest.fixture
def workspace(workspace_copy: Path) -> Workspace:
    """With 400 validation rows of two locales and departments, calibrated by construction."""
    opened = Workspace(workspace_copy)
    rng = np.random.default_rng(0)
    path = opened.path(VALIDATION)
    path.unlink()  # linked from the fixture that others read too
    with path.open("w", encoding="utf-8") as file:
        for number in range(400):
            confidence = float(rng.uniform(0.6, 1.0))
            product = Product(product_id=str(number), title="t", locale="de" if number % 4 else "fr")
            row = ValidationRow(
                product=product,
                category_path="Shoes > Boots" if number % 2 else "Toys > Dolls",
                confidence=confidence,
                right=bool(rng.random() < confidence**0.5),
            )
            file.write(row.model_dump_json() + "\n")
    return opened


def tuned(workspace: Workspace, *, domain: float, fused: float, kept: bool = False, rows: int = 50) -> None:
    choice = ChoiceModel(names=("a",), weights=(1.0,), outside=0.0)
    record = FusionRecord(
        choice=choice, rows=rows, domain_accuracy=domain, fused_accuracy=fused, kept_domain=kept
    )
    path = workspace.path(GENERAL)
    write_json(path, Fusions(fits={**Fusions.load(path).fits, f"m|rank|{rows}": record}))


def test_the_threshold_keeps_the_new_promise(workspace: Workspace) -> None:
    gate = set_gate(workspace, PROMISE)
    assert gate == workspace.gate()
    assert gate.threshold is not None
    assert gate.lower_bound is not None
    assert gate.lower_bound >= 0.5
    rows = read_validation(workspace)
    accepted = [row.right for row in rows if gate.accepts(row.confidence)]
    assert len(accepted) / len(rows) == pytest.approx(gate.coverage)
    assert sum(accepted) / len(accepted) == pytest.approx(gate.accuracy)


def test_a_promise_that_no_rows_support_shuts_the_gate(workspace_copy: Path) -> None:
    gate = set_gate(Workspace(workspace_copy), GateRequest(target_accuracy=0.999))
    assert gate.threshold is None
    assert "24 held-out rows" in gate.note
    assert gate.rows_needed is not None
    assert gate.rows_needed > 2000


def test_what_is_not_given_stays(workspace: Workspace) -> None:
    first = set_gate(
        workspace, GateRequest(target_accuracy=0.8, confidence=0.9, certified=True, per="locale")
    )
    second = set_gate(workspace, GateRequest(target_accuracy=0.82))
    assert (second.confidence, second.rule, second.per) == (0.9, "certified", "locale")
    third = set_gate(workspace, GateRequest(certified=False, per="all"))
    assert (third.target_accuracy, third.rule, third.per) == (0.82, "clopper-pearson", None)
    assert first.groups
    assert not third.groups


def test_review_below_alone_moves_no_threshold(workspace: Workspace) -> None:
    """Not even one that another rule, or an audit, has chosen."""
    before = set_gate(workspace, GateRequest(llm_share=0.3))
    after = set_gate(workspace, GateRequest(review_below=0.25))
    assert after == before.model_copy(update={"review_below": 0.25})
    assert set_gate(workspace, PROMISE).review_below == 0.25


def test_a_promise_for_each_department(workspace: Workspace) -> None:
    gate = set_gate(workspace, GateRequest(target_accuracy=0.8, per="department"))
    assert set(gate.groups) == {"Shoes", "Toys"}
    rows = [row for row in read_validation(workspace) if row.category_path.startswith("Toys")]
    accepted = [row.right for row in rows if gate.accepts(row.confidence, "Toys")]
    toys = gate.groups["Toys"]
    assert len(accepted) / len(rows) == pytest.approx(toys.coverage)
    assert sum(accepted) / len(accepted) == pytest.approx(toys.accuracy)


def test_departments_need_rows_that_know_them(workspace: Workspace) -> None:
    path = workspace.path(VALIDATION)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(json.dumps({**line, "category_path": ""}) for line in lines), "utf-8")
    with pytest.raises(WorkspaceError, match="--per locale"):
        set_gate(workspace, GateRequest(per="department"))


def test_a_budget_is_kept_on_the_validation_rows(workspace: Workspace) -> None:
    gate = set_gate(workspace, GateRequest(llm_share=0.2))
    assert gate.coverage == pytest.approx(0.8)
    assert gate.rule == "llm-share"


def test_the_least_cost_counts_what_tuning_measured(workspace: Workspace) -> None:
    untuned = set_gate(workspace, GateRequest(llm_cost=0.01, mistake_cost=0.1))
    assert untuned.costs is not None
    assert (untuned.costs.mended, untuned.costs.measured) == (1.0, False)
    assert untuned.threshold == pytest.approx(0.9)
    tuned(workspace, domain=0.5, fused=0.75)
    measured = set_gate(workspace, GateRequest(llm_cost=0.01, mistake_cost=0.1))
    assert measured.costs is not None
    assert (measured.costs.mended, measured.costs.measured) == (0.5, True)
    assert measured.threshold == pytest.approx(0.8)


def test_what_deliberation_mends(workspace: Workspace) -> None:
    assert mended_share(workspace) is None
    tuned(workspace, domain=0.6, fused=0.7)
    assert mended_share(workspace) == pytest.approx(0.25)
    tuned(workspace, domain=0.6, fused=0.7, kept=True, rows=60)
    assert mended_share(workspace) == 0.0
    tuned(workspace, domain=1.0, fused=1.0, rows=70)
    assert mended_share(workspace) == 0.0
    tuned(workspace, domain=0.6, fused=0.5, rows=80)
    assert mended_share(workspace) == 0.0


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2.0])
@pytest.mark.parametrize("option", ["target_accuracy", "confidence"])
def test_certainty_cannot_be_promised(option: str, share: float) -> None:
    with pytest.raises(SettingsError, match=f"--{option.replace('_', '-')}"):
        GateRequest(**{option: share})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"llm_cost": 1.0}, "--mistake-cost"),
        ({"mistake_cost": 1.0}, "--llm-cost"),
        ({"llm_cost": 1.0, "mistake_cost": 0.0}, "--mistake-cost"),
        ({"llm_share": 0.2, "target_accuracy": 0.9}, "--llm-share"),
        ({"llm_share": 0.0, "per": "locale"}, "--per"),
        ({"llm_share": 0.2, "llm_cost": 1.0, "mistake_cost": 1.0}, "--llm-cost"),
        ({"certified": True, "llm_cost": 0.0, "mistake_cost": 1.0}, "--certified"),
    ],
)
def test_two_rules_at_once_are_refused(given: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        GateRequest(**given)


def test_a_damaged_gate_is_mended(workspace: Workspace) -> None:
    for request in (GateRequest(target_accuracy=0.6), GateRequest(review_below=0.3)):
        workspace.path(GATE).write_text("{", "utf-8")
        with pytest.raises(WorkspaceError):
            workspace.gate()
        assert set_gate(workspace, request) == workspace.gate()
        assert workspace.gate().rows == 400


def test_the_columns_are_those_of_the_file(workspace: Workspace) -> None:
    rows = read_validation(workspace)
    assert len(confidences_of(rows)) == len(right_of(rows)) == 400


def test_inner_levels_get_thresholds_of_their_own(workspace: Workspace) -> None:
    rows = [
        row.model_copy(update={"levels": (0.9,), "levels_right": (row.right or number % 50 > 0,)})
        for number, row in enumerate(read_validation(workspace))
    ]
    text = "".join(row.model_dump_json() + "\n" for row in rows)
    workspace.path(VALIDATION).write_text(text, "utf-8")
    gate = set_gate(workspace, GateRequest(target_accuracy=0.93, confidence=0.8))
    (level,) = gate.levels
    assert level.threshold == 0.9
    # Only the rows whose leaf the gate does not accept.
    assert level.rows == sum(not gate.accepts(row.confidence) for row in rows)
    assert not gate.accept_inner


def test_inner_nodes_are_allowed_without_choosing_a_threshold(workspace: Workspace) -> None:
    before = set_gate(workspace, PROMISE)
    after = set_gate(workspace, GateRequest(accept_inner=True))
    assert after == before.model_copy(update={"accept_inner": True})
    assert set_gate(workspace, PROMISE).accept_inner
    assert not set_gate(workspace, GateRequest(accept_inner=False)).accept_inner


def test_without_labelled_rows_no_threshold_can_be_chosen(workspace: Workspace) -> None:
    write_json(workspace.path(GATE), workspace.gate().model_copy(update={"rows": 0}))
    workspace.path(VALIDATION).write_text("", "utf-8")
    with pytest.raises(WorkspaceError, match="no labelled row"):
        set_gate(workspace, PROMISE)
    assert set_gate(workspace, GateRequest(review_below=0.7)).review_below == 0.7
