"""Tuning over stand-ins: which rows are asked about, and what becomes of failures and of the file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.case import Candidate, Case, Recommendation
from agents.fusion import FEATURES, Fusions, domain_column
from agents.general_expert import RankedCase
from app.tuning import Tuning, held_back, sampled, tune
from app.validation import ValidationRow
from catalog.errors import LLMUnavailable, WorkspaceError
from catalog.product import Product
from catalog.progress import Silent
from graph.context import Experts
from retrieval.choice import ChoiceModel
from retrieval.workspace import write_json
from tests.graph.stubs import StubSummarizer, open_gate

PATHS = ("A > a", "B > b", "C > c")


def _rows(count: int) -> list[ValidationRow]:
    """Every third product belongs to each path; the less sure come first."""
    return [
        ValidationRow(
            product=Product(product_id=str(i), title=f"t{i}", category_paths=(PATHS[i % 3],)),
            confidence=i / count,
            right=False,
        )
        for i in range(count)
    ]


class _Domain:
    """Always the same, and always unsure."""

    def __call__(self, products: list[Product], *, k: int) -> list[Recommendation]:
        candidates = tuple(
            Candidate(category_id=path[0], category_path=path, score=1 / 3, source="head") for path in PATHS
        )
        return [Recommendation(candidates=candidates[:k], confidence=1 / 3) for _ in products]


class _General:
    """Knows the answer, but fails on the products it is told to."""

    strategy = kind = "rank"
    model = "fake"
    key = "fake|rank|general_expert/rank.v1"

    def __init__(self, failing: range = range(0)) -> None:
        self._failing = failing
        self.settled: list[ChoiceModel] = []

    def features(self, case: Case) -> RankedCase:
        if int(case.product.product_id) in self._failing:
            raise LLMUnavailable("too many requests")
        assert [d.category_id for d in case.definitions] == ["A", "B", "C"]
        first = np.asarray([path in case.product.category_paths for path in PATHS], dtype=np.float32)
        columns = [domain_column(case.recommendation), 1 - first, first, 0 * first]
        return RankedCase(np.stack(columns, axis=1), 1, 1, None)

    def settle(self, case: Case, ranked: RankedCase, choice: ChoiceModel) -> RankedCase:
        self.settled.append(choice)
        return ranked


def _know_nothing(case: Case) -> np.typing.NDArray[np.float32]:
    return np.zeros((len(case.recommendation.candidates), len(FEATURES["rank"])), dtype=np.float32)


def _tune(path: Path, rows: list[ValidationRow], failing: range = range(0)) -> Tuning:
    experts = Experts(_Domain(), open_gate(), StubSummarizer(), _General(failing))
    return tune(rows, experts, path, top_k=3, concurrency=4, seed=0, progress=Silent())


def test_the_gate_decides_which_rows_are_asked_about() -> None:
    rows = _rows(100)
    assert len(held_back(rows, open_gate(threshold=0.8))) == 80
    shut = held_back(rows, open_gate(threshold=None))
    assert [row.confidence for row in shut] == [i / 100 for i in range(20)]


def test_the_sample_is_seeded_and_in_order() -> None:
    rows = _rows(100)
    assert sampled(rows, 10, seed=1) == sampled(rows, 10, seed=1) != sampled(rows, 10, seed=2)
    assert sampled(rows, 10, seed=1) == sorted(sampled(rows, 10, seed=1), key=lambda row: row.confidence)
    assert sampled(rows, 200, seed=1) == rows


def test_a_model_that_knows_is_trusted(tmp_path: Path) -> None:
    tuning = _tune(tmp_path / "general.json", _rows(60))
    assert tuning.record.rows == 60
    assert tuning.record.domain_accuracy == pytest.approx(1 / 3, abs=0.1)
    assert tuning.record.fused_accuracy == 1.0
    assert not tuning.record.kept_domain
    assert tuning.record.choice.names == FEATURES["rank"]


def test_near_ties_are_asked_again_before_the_fit_that_counts(tmp_path: Path) -> None:
    class Torn(_General):
        """Knows the answer only when it is asked again."""

        def features(self, case: Case) -> RankedCase:
            return replace(super().features(case), features=_know_nothing(case))

        def settle(self, case: Case, ranked: RankedCase, choice: ChoiceModel) -> RankedCase:
            assert choice.names == FEATURES["rank"]
            return replace(super().features(case), extra_calls=1)

    experts = Experts(_Domain(), open_gate(), StubSummarizer(), Torn())
    tuning = tune(_rows(60), experts, tmp_path / "g.json", top_k=3, concurrency=4, seed=0, progress=Silent())
    assert tuning.record.asked_again == 60
    assert tuning.record.fused_accuracy == 1.0


def test_the_calibration_is_measured_and_kept(tmp_path: Path) -> None:
    record = _tune(tmp_path / "general.json", _rows(60)).record
    assert 0 <= record.ece <= record.ece_fused <= 1
    assert Fusions.load(tmp_path / "general.json").fits[_General.key] == record


def test_other_records_of_the_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "general.json"
    first = _tune(path, _rows(30))
    write_json(path, Fusions(fits={"other|rank|p": first.record}))
    second = _tune(path, _rows(60))
    assert second.key == "fake|rank|general_expert/rank.v1"
    assert Fusions.load(path).fits == {"other|rank|p": first.record, second.key: second.record}


def test_an_expert_without_definitions_is_tuned_too(tmp_path: Path) -> None:
    class Blind(_General):
        def features(self, case: Case) -> RankedCase:
            assert case.definitions == ()
            return RankedCase(np.zeros((3, 4), dtype=np.float32), 0, 0, None)

    experts = Experts(_Domain(), open_gate(), None, Blind())
    tuning = tune(_rows(30), experts, tmp_path / "g.json", top_k=3, concurrency=4, seed=0, progress=Silent())
    assert tuning.record.rows == 30


def test_failures_are_left_out_and_counted(tmp_path: Path) -> None:
    tuning = _tune(tmp_path / "general.json", _rows(30), failing=range(5, 12))
    assert (tuning.failed, tuning.record.rows) == (7, 23)


def test_too_many_failures_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "general.json"
    with pytest.raises(LLMUnavailable, match=r"answered 5 of 30 .* too many requests"):
        _tune(path, _rows(30), failing=range(25))
    assert not path.exists()


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="holds back 9 validation rows"):
        _tune(tmp_path / "general.json", _rows(9))
