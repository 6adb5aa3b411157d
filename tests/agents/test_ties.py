import json
from collections.abc import Sequence

import numpy as np
import pytest
from langchain_core.messages import BaseMessage

from agents.case import Case, Deliberation
from agents.fusion import Fusions, unfitted
from agents.general_expert import GeneralExpert
from agents.rankers import build_ranker
from agents.ties import TieRule, mean
from tests.agents.cases import a_case
from tests.fakes.said import LengthScorer, SaidChat, Says, said_llm

ALWAYS_NEAR = TieRule(margin=1.0, extra_calls=3)


def says_first_shown(messages: Sequence[BaseMessage]) -> str:
    """A model that leans on the order: it always takes the first."""
    del messages
    return json.dumps({"ranking": [1, 2, 3], "reason": "the first"})


def deliberated(says: Says | str, rule: TieRule, case: Case) -> tuple[Deliberation, SaidChat]:
    llm, chat = said_llm(says)
    expert = GeneralExpert(build_ranker(llm, "rank"), Fusions(), rule)
    return expert(case), chat


@pytest.mark.parametrize(
    ("probabilities", "near"),
    [((0.4, 0.36, 0.1), True), ((0.4, 0.3), False), ((0.2,), False), ((0.3, 0.3), True)],
)
def test_a_near_tie_is_between_the_two_most_probable(probabilities: tuple[float, ...], near: bool) -> None:
    assert TieRule(margin=0.05).is_near(probabilities) is near


def test_a_near_tie_is_asked_again_a_bounded_number_of_times() -> None:
    made, chat = deliberated(says_first_shown, ALWAYS_NEAR, a_case())
    assert len(chat.asked) == 4
    assert made.extra_calls == 3
    assert made.flags == ("near_tie",)
    assert (made.tokens_in, made.tokens_out) == (40, 20)


def test_candidates_are_shuffled_by_product_and_attempt() -> None:
    _, chat = deliberated(says_first_shown, ALWAYS_NEAR, a_case())
    shown = [str(messages[-1].content) for messages in chat.asked]
    assert len(set(shown)) > 1
    _, again = deliberated(says_first_shown, ALWAYS_NEAR, a_case())
    assert [str(messages[-1].content) for messages in again.asked] == shown
    rule = TieRule()
    orders = {tuple(rule.order(a_case(product_id=str(i)), 1)) for i in range(20)}
    assert len(orders) > 1
    assert TieRule(seed=1).order(a_case(), 1) != TieRule(seed=2).order(a_case(), 1)


def test_what_is_clear_is_asked_once() -> None:
    made, chat = deliberated(says_first_shown, TieRule(margin=0.0, extra_calls=3), a_case())
    assert (len(chat.asked), made.extra_calls, made.flags) == (1, 0, ())


def test_no_extra_calls_means_none() -> None:
    made, chat = deliberated(says_first_shown, TieRule(margin=1.0, extra_calls=0), a_case())
    assert (len(chat.asked), made.extra_calls) == (1, 0)


def test_where_none_fits_there_is_nothing_to_tell_apart() -> None:
    made, chat = deliberated('{"ranking": [0], "reason": "r"}', ALWAYS_NEAR, a_case())
    assert (len(chat.asked), made.flags) == (1, ("none_fits",))


def test_a_further_answer_that_fails_leaves_what_is_known() -> None:
    answers = iter([says_first_shown(()), "nonsense", "nonsense"])
    made, _ = deliberated(lambda _: next(answers), ALWAYS_NEAR, a_case())
    assert made.error is None
    assert made.extra_calls == 0
    assert len(made.probabilities) == 3


def test_ranks_are_averaged_over_the_answers() -> None:
    llm, _ = said_llm(says_first_shown)
    ranker = build_ranker(llm, "rank")
    answers = [ranker.rank(a_case(), order) for order in ([0, 1, 2], [1, 0, 2], [1, 2, 0])]
    merged = mean(answers)
    assert merged.features[:, 1] == pytest.approx([1.0, 1 / 3, 5 / 3])
    assert merged.features[:, 2] == pytest.approx([1 / 3, 2 / 3, 0.0])
    assert merged.reasoning == answers[1].reasoning
    assert merged.extra_calls == 2


def test_a_leaning_on_the_order_washes_out() -> None:
    """Over many shuffles a model that only takes the first prefers nobody."""
    llm, _ = said_llm(says_first_shown)
    ranker, rule = build_ranker(llm, "rank"), TieRule()
    answers = [ranker.rank(a_case(), rule.order(a_case(), i)) for i in range(300)]
    assert np.ptp(mean(answers).features[:, 1]) < 0.3


def test_scores_that_know_no_order_are_taken_once() -> None:
    llm, _ = said_llm("", scorer=LengthScorer())
    expert = GeneralExpert(build_ranker(llm, "likelihood"), Fusions(), ALWAYS_NEAR)
    made = expert(a_case(), explain=False)
    assert TieRule(margin=1.0).is_near(made.probabilities)
    assert made.extra_calls == 0
    assert unfitted("likelihood").weights[1] == 0
