"""`--llm selector`: no language model, the workspace's selector ranks."""

from pathlib import Path

import pytest
import torch

from app.exits import OK
from catalog.errors import SettingsError, WorkspaceError
from graph.open import Opening, open_experts
from retrieval.encoder.load import load_encoder
from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from retrieval.workspace import GATE, GENERAL, SELECTOR, Workspace, write_json
from tests.conftest import Cli


@pytest.fixture
def with_selector(workspace_copy: Path) -> Path:
    """A workspace with a selector as it starts, and a gate that holds everything back."""
    torch.manual_seed(0)
    encoder = load_encoder("embedded", device="cpu")
    PairEncoder(encoder, PairRecord(max_tokens=64, evidence=1)).save(workspace_copy / SELECTOR)
    gate = Workspace(workspace_copy).gate().model_copy(update={"threshold": 1.0})
    write_json(workspace_copy / GATE, gate)
    return workspace_copy


def test_it_is_the_general_expert(with_selector: Path) -> None:
    experts = open_experts(Opening(with_selector, selector=True, device="cpu"))
    assert experts.general_expert is not None
    assert (experts.general_expert.model, experts.general_expert.strategy) == ("selector", "selector")
    assert experts.summarizer is None


def test_a_workspace_without_one_says_how_to_get_it(workspace_dir: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"has no selector.*--recipe selector"):
        open_experts(Opening(workspace_dir, selector=True, device="cpu"))


def test_it_has_no_other_strategy(with_selector: Path) -> None:
    with pytest.raises(SettingsError, match="cannot rank by 'rank'"):
        open_experts(Opening(with_selector, selector=True, strategy="rank", device="cpu"))


def test_a_product_is_deliberated_without_tokens(cli: Cli, with_selector: Path) -> None:
    options = ("--llm", "selector", "--device", "cpu", "--title", "Garden hose 20 m", "--json")
    outcome = cli("classify", "--workspace", with_selector, *options)
    assert outcome.code == OK
    verdict = outcome.document
    assert verdict["status"] in ("deliberated", "review")
    assert (verdict["model"], verdict["tokens_in"], verdict["error"]) == ("selector", 0, None)
    assert "log-probability" in verdict["reasoning"]["reason"]


def test_its_weight_is_tuned_as_any_other(cli: Cli, with_selector: Path) -> None:
    outcome = cli("tune", "--workspace", with_selector, "--llm", "selector", "--device", "cpu", "--json")
    assert outcome.code == OK
    assert outcome.document["key"] == "selector|selector|"
    assert list(outcome.document["weights"]) == ["domain", "log-probability"]
    assert (with_selector / GENERAL).is_file()
