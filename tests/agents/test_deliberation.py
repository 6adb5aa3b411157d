"""From a model's answer to a deliberation: fusion, confidence, flags."""

import json

import pytest

from agents.case import Deliberation
from agents.fusion import FEATURES, FusionRecord, Fusions, fusion_key
from agents.general_expert import GeneralExpert
from agents.rankers import build_ranker
from agents.ties import TieRule
from retrieval.choice import ChoiceModel
from retrieval.surety import Surety
from tests.agents.cases import a_case
from tests.fakes.said import said_llm

ONCE = TieRule(extra_calls=0)


def deliberated(
    answer: dict[str, object], fusions: Fusions | None = None, strategy: str = "rank"
) -> Deliberation:
    llm, _ = said_llm(json.dumps(answer))
    return GeneralExpert(build_ranker(llm, strategy), fusions or Fusions(), ONCE)(a_case(defined=True))


def fitted(surety: Surety) -> Fusions:
    """The domain expert alone decides, and the confidence is as `surety` says."""
    choice = ChoiceModel(names=FEATURES["rank"], weights=(1.0, 0.0, 0.0, 0.0), outside=-9.0)
    record = FusionRecord(
        choice=choice, rows=9, domain_accuracy=0, fused_accuracy=0, kept_domain=False, surety=surety
    )
    return Fusions(fits={fusion_key("said", "rank", "general_expert/rank.v2"): record})


def test_unfitted_the_confidence_is_the_fused_probability() -> None:
    made = deliberated({"ranking": [2, 1, 3], "reason": "r"})
    assert made.confidence == pytest.approx(max(made.probabilities), abs=1e-6)
    assert made.scores == (-1.0, 0.0, -2.0)
    assert [d.version for d in made.definitions] == [3, 3, 3]


def test_the_fitted_calibration_is_applied() -> None:
    sure, unsure = (
        deliberated({"ranking": [1, 2, 3], "reason": "r"}, fitted(Surety(weights=(1.0, 0.0, 0.0, shift))))
        for shift in (2.0, -2.0)
    )
    assert sure.probabilities == unsure.probabilities
    assert sure.confidence is not None
    assert unsure.confidence is not None
    assert sure.confidence > max(sure.probabilities) > unsure.confidence


@pytest.mark.parametrize("rating", [{"confidence": 0.99}, {"score": 100}])
def test_a_model_that_rates_itself_changes_nothing(rating: dict[str, object]) -> None:
    """What is not asked for is an error, never a confidence."""
    answer = {"ranking": [2, 1, 3], "reason": "r"}
    answers = iter([json.dumps(answer | rating), json.dumps(answer)])
    llm, _ = said_llm(lambda _: next(answers))
    made = GeneralExpert(build_ranker(llm, "rank"), Fusions(), ONCE)(a_case(defined=True))
    assert made.confidence == deliberated(answer).confidence


def test_none_of_these_is_less_sure_and_flagged() -> None:
    some, none = (deliberated({"ranking": [n], "reason": "r"}) for n in (1, 0))
    assert (some.flags, none.flags) == ((), ("none_fits",))
    assert some.confidence is not None
    assert none.confidence is not None
    assert none.confidence < some.confidence
