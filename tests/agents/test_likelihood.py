"""What is scored against what; a stand-in scores, so nothing is said of accuracy."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from agents.likelihood import CONTENT_FREE
from agents.llm.likelihood import TokenScore
from agents.llm.usage import Usage, count_usage
from agents.rankers import build_ranker
from tests.agents.cases import PATHS, a_case
from tests.fakes.said import LengthScorer, said_llm

BIAS = dict(zip(CONTENT_FREE, (1.0, 2.0, 6.0), strict=True))


class Biased(LengthScorer):
    """After a content-free item the second path is the likeliest, by a bias of each item's own."""

    def score(self, prefix, continuations, head=""):
        self.calls.append(prefix)
        title = prefix.rsplit("Product: ", 1)[-1].split("\n")[0].strip()
        bias = BIAS.get(title, 0.0)
        return [TokenScore(-10.0 + bias * (i == 1), 4) for i in range(len(continuations))]


def ranker_of(scorer, strategy="likelihood"):
    return build_ranker(said_llm("", scorer=scorer)[0], strategy)


def test_the_bias_of_content_free_items_is_taken_off_averaged_as_probabilities():
    scorer = Biased()
    odds = ranker_of(scorer).rank(a_case()).features[:, 1]
    expected = -np.log(np.mean(np.exp([1.0, 2.0, 6.0])))
    assert odds.tolist() == pytest.approx([0.0, expected, 0.0], abs=1e-5)


def test_content_free_items_are_scored_once_a_category():
    scorer = Biased()
    ranker = ranker_of(scorer)
    ranker.rank(a_case())
    assert len(scorer.calls) == 1 + len(CONTENT_FREE)
    ranker.rank(a_case(product_id="q"))
    assert len(scorer.calls) == 2 + len(CONTENT_FREE)
    ranker.rank(a_case(paths=(*PATHS[:2], "New > One")))
    assert len(scorer.calls) == 3 + 2 * len(CONTENT_FREE)


def test_cases_at_once_pay_for_a_category_once():
    scorer = Biased()
    ranker = ranker_of(scorer)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ranker.rank, [a_case(product_id=str(i)) for i in range(8)]))
    assert len(scorer.calls) == 8 + len(CONTENT_FREE)


def test_tokens_are_those_that_the_scorer_counts_the_content_free_items_included():
    class Counting(Biased):
        def score(self, prefix, continuations, head=""):
            count_usage(Usage(calls=1, tokens_in=100))
            return super().score(prefix, continuations, head)

    ranker = ranker_of(Counting())
    assert ranker.rank(a_case()).tokens_in == 100 * (1 + len(CONTENT_FREE))
    assert ranker.rank(a_case(product_id="q")).tokens_in == 100


def test_evidence_is_shown_with_the_product_only():
    scorer = Biased()
    ranker_of(scorer).rank(a_case(defined=True))
    with_product, *without = scorer.calls
    assert "A near product" in with_product
    assert "All that belongs to c0." in with_product
    assert not any("A near product" in text or "All that belongs" in text for text in without)


def test_the_order_changes_nothing():
    ranker = ranker_of(LengthScorer())
    same = ranker.rank(a_case()), ranker.rank(a_case(), [2, 1, 0])
    assert np.array_equal(same[0].features, same[1].features)


def test_leaves_can_be_scored_in_place_of_paths():
    scored = []

    class Listening(LengthScorer):
        def score(self, prefix, continuations, head=""):
            scored.extend(continuations)
            return super().score(prefix, continuations, head)

    found = ranker_of(Listening(), "leaf+likelihood").rank(a_case())
    assert set(scored) == {" Mats", " Hoses"}
    assert found.features[0, 1] == found.features[2, 1]
