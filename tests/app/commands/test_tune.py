"""The command over a real workspace; the language model is a stand-in."""

from pathlib import Path

import numpy as np
import pytest
from langchain_core.language_models import FakeListChatModel

from agents.case import Case
from agents.fusion import Fusions, domain_column
from agents.general_expert import GeneralExpert, RankedCase
from agents.llm.factory import LLM
from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from catalog.errors import LLMAnswerError
from retrieval.workspace import GATE, GENERAL, Workspace, write_json
from tests.conftest import Cli


@pytest.fixture
def unsure(workspace_copy: Path) -> Path:
    """A workspace whose gate holds everything back."""
    gate = Workspace(workspace_copy).gate().model_copy(update={"threshold": 1.0})
    write_json(workspace_copy / GATE, gate)
    return workspace_copy


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A model that ranks the true path first, and fails on the product ids in this set."""
    failing: set[str] = set()

    def features(self: GeneralExpert, case: Case) -> RankedCase:
        if case.product.product_id in failing:
            raise LLMAnswerError("mumbled")
        truths = case.product.category_paths
        first = np.asarray([c.category_path in truths for c in case.recommendation.candidates], np.float32)
        columns = [domain_column(case.recommendation), 1 - first, first, 0 * first]
        return RankedCase(np.stack(columns, axis=1), 1, 1, None)

    def build_llm(spec: str, **options: object) -> LLM:
        return LLM(spec, FakeListChatModel(responses=["no JSON"]), None, "rank")

    monkeypatch.setattr(GeneralExpert, "features", features)
    monkeypatch.setattr("graph.open.build_llm", build_llm)
    return failing


def _tune(cli: Cli, workspace: Path, *more: object) -> tuple[int, dict[str, object]]:
    options = ("--llm", "fake:model", "--device", "cpu", "--json")
    outcome = cli("tune", "--workspace", workspace, *options, *more)
    return outcome.code, outcome.document


def test_the_fit_is_written_and_told(cli: Cli, unsure: Path, failing: set[str]) -> None:
    code, document = _tune(cli, unsure, "--cases", 15)
    assert code == OK
    assert (document["rows"], document["failed"]) == (15, 0)
    assert document["fused_accuracy"] == 1.0
    fits = Fusions.load(unsure / GENERAL).fits
    assert list(fits) == [document["key"]] == ["fake:model|cot_rank|general_expert/cot_rank.v1"]
    record = fits["fake:model|cot_rank|general_expert/cot_rank.v1"]
    assert document["weights"] == dict(zip(record.choice.names, record.choice.weights, strict=True))
    assert document["kept_domain"] == record.kept_domain
    assert (document["ece"], document["ece_fused"]) == (record.ece, record.ece_fused)


def test_cases_without_an_answer_are_counted(cli: Cli, unsure: Path, failing: set[str]) -> None:
    failing |= {f"tiny-{i}" for i in range(55, 60)}
    code, document = _tune(cli, unsure)
    assert (code, document["rows"], document["failed"]) == (ERROR_ROWS, 19, 5)


def test_a_gate_that_holds_little_back_leaves_nothing_to_fit(
    cli: Cli, workspace_copy: Path, failing: set[str]
) -> None:
    gate = Workspace(workspace_copy).gate().model_copy(update={"threshold": 0.0})
    write_json(workspace_copy / GATE, gate)
    code, document = _tune(cli, workspace_copy)
    assert code == COULD_NOT_RUN
    assert "holds back 0 validation rows" in str(document["error"])


def test_without_a_language_model_there_is_nothing_to_tune(cli: Cli, workspace_dir: Path) -> None:
    outcome = cli("tune", "--workspace", workspace_dir, "--llm", "none", "--device", "cpu", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "--llm" in outcome.document["error"]["message"]
