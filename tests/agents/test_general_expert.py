"""The embedded language model, really loaded, ranks and explains."""

import pytest

from agents.case import Candidate, Neighbour, Recommendation
from agents.fusion import Fusions
from agents.general_expert import Case, GeneralExpert
from agents.llm.factory import build_llm
from agents.rankers import build_ranker
from agents.reasoning import unfounded
from catalog.errors import SettingsError
from catalog.product import Product

PATHS = ("Sports > Yoga > Yoga Mats", "Garden > Watering > Garden Hoses", "Kitchen > Knives > Chef's Knives")
PRODUCT = Product(product_id="p", title="Non-slip yoga mat with carry strap", description="For the studio.")


@pytest.fixture(scope="module")
def llm():
    return build_llm("embedded", threads=1)


def case(paths=PATHS, neighbours=()):
    candidates = tuple(
        Candidate(category_id=f"c{i}", category_path=path, score=1 / len(paths), source="head")
        for i, path in enumerate(paths)
    )
    made = Recommendation(candidates=candidates, confidence=0.4, neighbours=neighbours)
    return Case(product=PRODUCT, recommendation=made, definitions=())


def likelihood(llm):
    return build_ranker(llm, "likelihood")


@pytest.fixture(scope="module")
def expert(llm):
    return GeneralExpert(likelihood(llm), Fusions())


def test_likelihood_prefers_the_fitting_path_whatever_its_place(llm):
    ranker = likelihood(llm)
    for paths in (PATHS, tuple(reversed(PATHS))):
        found = ranker.rank(case(paths))
        assert int(found.features[:, 1].argmax()) == paths.index(PATHS[0])


def test_evidence_moves_the_likelihood(llm):
    ranker = likelihood(llm)
    misleading = tuple(
        Neighbour(product_id=str(i), title=f"Yoga mat number {i}", category_path=PATHS[1], similarity=0.9)
        for i in range(4)
    )
    plain, led = case(), case(neighbours=misleading)
    before = ranker.rank(plain).features[:, 1]
    after = ranker.rank(led).features[:, 1]
    assert after[1] - after[0] > before[1] - before[0]


def test_the_deliberation_holds_scores_probabilities_and_true_quotes(expert):
    made = expert(case())
    assert len(made.scores) == len(made.probabilities) == len(PATHS)
    assert made.error is None
    assert made.reasoning.reason
    assert not any(unfounded(clue, PRODUCT) for clue in made.reasoning.clues)
    assert set(made.reasoning.ranking) == {"c0", "c1", "c2"}
    assert made.tokens_in > 0


def test_without_explanation_no_words_are_written(expert):
    made = expert(case(), explain=False)
    assert made.reasoning is None
    assert made.tokens_out == 0


def test_the_same_case_gives_the_same_answer(expert):
    assert expert(case(), explain=False) == expert(case(), explain=False)


def test_a_single_candidate_is_ranked_too(expert):
    made = expert(case(PATHS[:1]), explain=False)
    assert len(made.probabilities) == 1


def test_likelihood_needs_log_probabilities():
    silent = build_llm("openai:any", api_key="none")
    with pytest.raises(SettingsError, match="log-probabilities"):
        likelihood(silent)
