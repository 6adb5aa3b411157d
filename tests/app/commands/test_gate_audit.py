"""`gate audit` over a real workspace; the language model is a scripted server or left out."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from app.validation import confidences_of, read_validation
from audit.gate.history import read_audits
from retrieval.gate import Gate
from retrieval.workspace import GATE, GATE_AUDITS, Workspace, write_json
from review.case import Case, Choice
from review.queue import ReviewQueue
from tests.conftest import Cli
from tests.fakes.openai_server import Behaviour, OpenAIServer, RecordedRequest, ok, text

RANKING = ok({"clues": [], "user": "u", "use_case": "c", "ranking": [1], "reason": "r"})
DEFINITION = ok(
    {"belongs": "Goods that people buy for this purpose, whatever they are made of.", "not_here": []}
)
NO_LLM = ("--llm", "none", "--device", "cpu")


@pytest.fixture
def accepting(workspace_copy: Path) -> Path:
    """A workspace whose gate accepts every product and promises that 90% are right."""
    gate = Workspace(workspace_copy).gate()
    changes = {"threshold": 0.0, "target_accuracy": 0.9}
    write_json(workspace_copy / GATE, gate.model_copy(update=changes))
    return workspace_copy


def catalog(tiny: Path, target: Path, labels: str) -> Path:
    """The tiny catalog as new products, with the `right` labels, `wrong` ones or `none`."""
    rows = list(csv.DictReader(tiny.read_text("utf-8").splitlines()))
    paths = sorted({row["category_path"] for row in rows})
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["product_id", "title", "brand", "category_path"])
        writer.writeheader()
        for row in rows:
            path = row["category_path"]
            other = paths[(paths.index(path) + 1) % len(paths)]
            label = {"right": path, "wrong": other, "none": ""}[labels]
            made = {"product_id": f"new-{row['product_id']}", "title": row["title"], "brand": row["brand"]}
            writer.writerow(made | {"category_path": label})
    return target


def test_labels_need_nobody_to_ask(cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "right")
    before = Workspace(accepting).gate()
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--apply", "--json")
    document = outcome.document
    assert outcome.code == OK
    assert (document["products"], document["accepted"], document["trained"]) == (90, 90, 0)
    assert (document["estimate"]["method"], document["estimate"]["labelled"]) == ("labels", 90)
    assert (document["promise"], document["proposed"], document["applied"]) == ("kept", {}, False)
    assert Workspace(accepting).gate() == before


def test_a_broken_promise_is_told_and_moves_nothing_unasked(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "wrong")
    before = Workspace(accepting).gate()
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM)
    assert "The promise of 90.0% is broken." in outcome.stdout
    assert "`--apply` would move the threshold: 0.000 → shut" in outcome.stdout
    assert Workspace(accepting).gate() == before


def test_apply_moves_it(cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "wrong")
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--apply", "--json")
    gate = Workspace(accepting).gate()
    assert (outcome.document["applied"], outcome.document["alarm"]) == (True, True)
    assert (gate.threshold, gate.source, gate.rows, gate.target_accuracy) == (None, "audit", 90, 0.9)
    assert "an audit found" in cli("gate", "--workspace", accepting).stdout


def test_the_history_is_kept_and_shown(cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "right")
    assert "No audit yet." in cli("gate", "audit", "--workspace", accepting, "--show").stdout
    for seed in (1, 2):
        cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--products", 60, "--seed", seed)
    assert [audit.seed for audit in read_audits(accepting / GATE_AUDITS)] == [1, 2]
    shown = cli("gate", "--workspace", accepting, "audit", "--show", "--json")
    assert [audit["products"] for audit in shown.document["audits"]] == [60, 60]
    assert "2 audits" in cli("gate", "audit", "--workspace", accepting, "--show").stdout
    assert Workspace(accepting).gate().target_accuracy == 0.9


def test_votes_are_asked_for_where_labels_are_missing(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    """The server always picks the first candidate, so it tells nothing; one product it does not answer."""
    new = catalog(tiny_catalog, tmp_path / "new.csv", "none")

    def script(request: RecordedRequest) -> Behaviour:
        asked = json.dumps(request.body)
        if "DefinitionDraft" in asked:
            return DEFINITION
        return text("I cannot say.") if "Expandable garden hose 15 m" in asked else RANKING

    with OpenAIServer(script) as server:
        model = ("--llm", "fake", "--llm-base-url", server.base_url, "--device", "cpu", "--json")
        options = ("--sample", 90, "--calibration", 6, *model)
        outcome = cli("gate", "audit", new, "--workspace", accepting, *options)
        assert server.requests
    found = outcome.document["estimate"]
    assert outcome.code == ERROR_ROWS
    assert outcome.document["failed"] >= 1
    assert outcome.document["model"].startswith("fake|cot_rank|")
    assert (found["rows"], found["method"]) == (90 - outcome.document["failed"], None)
    assert found["agreement"] is not None
    assert outcome.document["promise"] == "unknown"


def test_nobody_to_ask_is_told(cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "right")
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--no-labels", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "no general expert to ask" in outcome.document["error"]["message"]
    assert not (accepting / GATE_AUDITS).exists()


def test_rows_that_were_trained_on_are_left_out(cli: Cli, accepting: Path, tiny_catalog: Path) -> None:
    outcome = cli("gate", "audit", tiny_catalog, "--workspace", accepting, *NO_LLM, "--json")
    assert (outcome.document["products"], outcome.document["trained"]) == (12, 78)


def test_a_batch_is_audited_by_what_it_accepted(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "right")
    out = tmp_path / "out"
    half = np.median(confidences_of(read_validation(Workspace(accepting))))
    where = ("--workspace", accepting, "--out", out)
    run = cli("batch", "run", new, *where, *NO_LLM, "--threshold", half, "--json")
    refused = cli("gate", "audit", out, "--workspace", accepting, *NO_LLM, "--json")
    assert "`--catalog`" in refused.document["error"]["fix"]
    outcome = cli("gate", "audit", out, "--catalog", new, "--workspace", accepting, *NO_LLM, "--json")
    assert outcome.document["source"] == "out"
    assert 0 < outcome.document["accepted"] == run.document["statuses"]["accepted"] < 90


def test_decisions_of_the_review_queue_count(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "right")
    plain = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--json").document["estimate"]
    file = tmp_path / "review.sqlite"
    wrong = Choice(category_id="x", category_path="Nowhere", score=1.0)
    with ReviewQueue(file) as queue:
        for number in range(1, 10):
            product = {"product_id": f"new-tiny-0{number}", "title": "t"}
            case = {"run": "r", "source": "batch", "product": product, "choices": (wrong,)}
            queue.add([Case.model_validate(case | {"confidence": 0.5, "reason": "r"})], {})
            queue.accept(number, "ann")
    options = ("--queue", file, *NO_LLM, "--json")
    found = cli("gate", "audit", new, "--workspace", accepting, *options).document["estimate"]
    assert found["labelled"] == 90
    assert found["accuracy"] == pytest.approx(plain["accuracy"] - 0.1, abs=0.02)


def test_groups_are_judged_and_moved_each(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "wrong")
    part = Workspace(accepting).gate().model_dump(include={"rows", "coverage", "accuracy", "lower_bound"})
    groups = {"": part | {"threshold": 0.0}, "de-DE": part | {"threshold": 0.0}}
    gate = Workspace(accepting).gate().model_dump() | {"threshold": None, "per": "locale", "groups": groups}
    write_json(accepting / GATE, Gate.model_validate(gate))
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--apply", "--json")
    moved = Workspace(accepting).gate().groups
    assert list(outcome.document["proposed"]) == [""]
    assert (moved[""].source, moved[""].threshold) == ("audit", None)
    assert (moved["de-DE"].source, moved["de-DE"].threshold) == ("validation", 0.0)


def test_a_gate_that_promises_nothing_is_not_moved(
    cli: Cli, accepting: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    new = catalog(tiny_catalog, tmp_path / "new.csv", "wrong")
    gate = Workspace(accepting).gate().model_copy(update={"rule": "llm-share", "llm_share": 0.0})
    write_json(accepting / GATE, gate)
    outcome = cli("gate", "audit", new, "--workspace", accepting, *NO_LLM, "--apply", "--json")
    assert (outcome.document["promise"], outcome.document["applied"]) == ("none", False)
    assert Workspace(accepting).gate() == gate


def test_what_is_missing_is_named(cli: Cli, accepting: Path) -> None:
    assert "`--workspace` is missing" in cli("gate", "audit", "--show").stderr
    assert "Name a catalog or a batch" in cli("gate", "audit", "--workspace", accepting).stderr
    assert cli("gate").code == COULD_NOT_RUN
