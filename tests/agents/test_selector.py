"""The selector over a really trained workspace; its own weights are as they come, so no accuracy is read."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from agents.case import Case
from agents.domain_expert import DomainExpert
from agents.fusion import Fusions
from agents.general_expert import GeneralExpert
from agents.reasoning import unfounded
from agents.selector import Selector, SelectorRanker
from catalog.product import Product
from retrieval.encoder.load import load_encoder
from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from retrieval.workspace import Workspace

TITLES = ("Garden hose 20 m, green", "Dog bed, grey", "Yoga mat with strap")


@pytest.fixture(scope="module")
def expert(workspace_dir):
    return DomainExpert.open(Workspace(workspace_dir), device="cpu")


@pytest.fixture(scope="module")
def selector(expert):
    torch.manual_seed(0)
    encoder = load_encoder("embedded", device="cpu", precision="fp32")
    return Selector(PairEncoder(encoder, PairRecord(max_tokens=64, evidence=2)), expert)


@pytest.fixture(scope="module")
def cases(expert):
    products = [Product(product_id=str(i), title=title) for i, title in enumerate(TITLES)]
    recommendations = [expert(products, k=k)[i] for i, k in enumerate((6, 3, 6))]
    return [
        Case(product=product, recommendation=r, definitions=())
        for product, r in zip(products, recommendations, strict=True)
    ]


def test_a_case_scores_the_same_alone_and_among_others(selector, cases):
    together = selector.scores(cases)
    assert [len(scores) for scores in together] == [6, 3, 6]
    for case, scores in zip(cases, together, strict=True):
        assert selector.scores([case])[0] == pytest.approx(scores, abs=1e-4)


def test_the_probabilities_leave_room_for_none_of_these(selector, cases):
    for scores in selector.scores(cases):
        assert 0 < np.exp(scores).sum() < 1


def test_no_cases_have_no_scores(selector):
    assert selector.scores([]) == []


def test_the_pairs_show_labelled_products_of_their_own_candidate(selector, cases, expert):
    model = selector._model
    (pairs, *_) = selector._pairs(cases)
    candidates = cases[0].recommendation.candidates
    for pair, candidate in zip(pairs, candidates, strict=True):
        position = expert.taxonomy.require(candidate.category_id)
        rows = np.flatnonzero(expert.examples.positions == position).tolist()
        titles = model.texts.tokenize([expert.examples.texts[row] for row in rows])
        tail = pair.ids[pair.product :]
        assert sum(tail[-len(t) - 1 : -1] == t for t in titles) >= 1


def test_cases_that_are_deliberated_at_once_are_scored_together(selector, cases):
    sizes = []

    class Counting:
        def scores(self, batch):
            sizes.append(len(batch))
            return selector.scores(batch)

    ranker = SelectorRanker(Counting(), window_s=0.5)
    with ThreadPoolExecutor(3) as pool:
        ranked = list(pool.map(ranker.rank, cases))
    assert sizes == [3]
    for case, one in zip(cases, ranked, strict=True):
        assert one.features[:, 1] == pytest.approx(selector.scores([case])[0], abs=1e-4)


def test_the_deliberation_tells_what_was_measured_and_costs_no_tokens(selector, cases):
    general = GeneralExpert(SelectorRanker(selector), Fusions())
    made = general(cases[0])
    assert (made.model, made.prompt, made.tokens_in, made.tokens_out) == ("selector", "", 0, 0)
    assert len(made.scores) == len(made.probabilities) == 6
    assert "log-probability" in made.reasoning.reason
    assert "nearest labelled products stand there" in made.reasoning.reason
    best = cases[0].recommendation.candidates[int(np.argmax(made.probabilities))]
    assert made.reasoning.ranking[0] == best.category_id
    assert not any(unfounded(clue, cases[0].product) for clue in made.reasoning.clues)
    assert general(cases[0], explain=False).reasoning is None


def test_both_experts_count_before_any_fit(selector, cases):
    """The first candidate of one expert only loses to one that both think likely."""
    made = GeneralExpert(SelectorRanker(selector), Fusions())(cases[0])
    domain = np.log([c.score for c in cases[0].recommendation.candidates])
    product = 0.5 * domain + 0.5 * np.asarray(made.scores)
    assert np.argsort(-product).tolist() == np.argsort(-np.asarray(made.probabilities)).tolist()
