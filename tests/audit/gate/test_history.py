import pytest

from audit.gate.describe import audit_lines, change_line
from audit.gate.drift import Drift, Shift
from audit.gate.estimate import Estimate
from audit.gate.history import GateAudit, append_audit, read_audits
from catalog.errors import WorkspaceError
from retrieval.gate import Opening


def audit(**changes):
    estimate = Estimate(
        method="rogan-gladen",
        accuracy=0.9,
        low=0.86,
        high=0.93,
        confidence=0.95,
        rows=300,
        agreement=0.88,
        agree_right=0.95,
        agree_wrong=0.4,
    )
    reason = "share of 'Electronics' rose from 4.0% to 19.0%"
    shift = Shift(what="department", distance=0.15, index=0.2, p_value=0.0005, alarm=True, reasons=(reason,))
    made = GateAudit(
        time="2026-11-20T10:00:00+00:00",
        source="new.csv",
        model="m",
        seed=0,
        products=1000,
        accepted=700,
        trained=5,
        failed=2,
        errors=0,
        target_accuracy=0.95,
        thresholds={"": 0.86},
        estimate=estimate,
        promise="broken",
        drift=Drift(reference=500, rows=1000, shifts=(shift,)),
        proposed={
            "": Opening(
                threshold=0.93, rows=300, coverage=0.6, accuracy=0.97, lower_bound=0.95, source="audit"
            )
        },
    )
    return made.model_copy(update=changes)


def test_audits_are_appended_and_read_back(tmp_path):
    path = tmp_path / "audits.jsonl"
    assert read_audits(path) == []
    append_audit(path, audit())
    append_audit(path, audit(applied=True))
    assert read_audits(path) == [audit(), audit(applied=True)]


def test_a_line_torn_by_a_kill_costs_itself_only(tmp_path):
    path = tmp_path / "audits.jsonl"
    append_audit(path, audit())
    with path.open("ab") as file:
        file.write(audit().model_dump_json().encode()[:100])
    append_audit(path, audit(seed=7))
    assert [one.seed for one in read_audits(path)] == [0, 7]


def test_another_programs_file_is_refused(tmp_path):
    path = tmp_path / "audits.jsonl"
    path.write_text('{"mine": 1}\n', "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be used"):
        read_audits(path)


def test_a_folder_that_takes_nothing_is_told(tmp_path):
    with pytest.raises(WorkspaceError, match="cannot be written"):
        append_audit(tmp_path / "missing" / "audits.jsonl", audit())


def test_it_is_told_in_sentences():
    told = "\n".join(audit_lines(audit()))
    assert "700 of 1,000 products are accepted." in told
    assert "Estimated accuracy 90.0% (86.0% to 93.0%)" in told
    assert "The promise of 95.0% is broken." in told
    assert "`--apply` would move the threshold: 0.860 → 0.930." in told
    assert "rose from 4.0% to 19.0%" in told
    assert "5 that the workspace has seen, 2 without an answer" in told
    assert "Moved the threshold" in "\n".join(audit_lines(audit(applied=True)))


def test_without_a_change_the_threshold_is_told():
    assert change_line(audit(proposed={})) == "0.860"
    assert change_line(audit(proposed={}, thresholds={"": None})) == "shut"
    assert change_line(audit(proposed={}, thresholds={"en": 0.8, "de": None})) == "2 groups"
