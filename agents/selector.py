"""The selector in the general expert's place: a cross-encoder tuned on this catalog, no language model."""

from collections.abc import Sequence

import numpy as np

from agents.case import Case
from agents.domain_expert import DomainExpert
from agents.explanation import measured
from agents.fusion import Kind, domain_column
from agents.llm.batcher import MicroBatcher
from agents.ranker import Explained, RankedCase
from catalog.text import product_text
from retrieval.choice import Floats
from retrieval.pairs.evidence import CategoryEvidence, title_groups
from retrieval.pairs.pair_encoder import PairEncoder
from retrieval.pairs.texts import Pair, category_text

MODEL = "selector"
_BATCH_CASES = 64


class Selector:
    """Scores the candidates of any number of cases together.

    Args:
        expert: whose labelled products are shown as evidence.
    """

    def __init__(self, model: PairEncoder, expert: DomainExpert) -> None:
        examples = expert.examples
        self._model = model
        self._expert = expert
        self._evidence = CategoryEvidence(
            expert.recall.examples.vectors, examples.positions, title_groups(examples.titles)
        )

    def scores(self, cases: Sequence[Case]) -> list[Floats]:
        """Log-probability of each candidate of each case, beside "none of these", (candidates,) a case."""
        lists = self._pairs(cases)
        found = self._model.scores([pair for pairs in lists for pair in pairs])
        ends = np.cumsum([len(pairs) for pairs in lists])
        return [self._model.log_probabilities(part) for part in np.split(found, ends[:-1])] if cases else []

    def _pairs(self, cases: Sequence[Case]) -> list[list[Pair]]:
        texts, expert = self._model.texts, self._expert
        written = [product_text(case.product) for case in cases]
        products, vectors = texts.tokenize(written), expert.encoder.encode(written)
        places = [
            [expert.taxonomy.require(c.category_id) for c in case.recommendation.candidates] for case in cases
        ]
        shown = [
            [self._evidence.nearest(vector, place, self._model.record.evidence) for place in row]
            for vector, row in zip(vectors, places, strict=True)
        ]
        paths = self._tokens({p: category_text(expert.taxonomy[p]) for row in places for p in row})
        rows = {i for row in shown for found in row for i in found}
        titles = self._tokens({i: expert.examples.texts[i] for i in rows})
        return [
            [
                texts.pair(product, paths[place], [titles[i] for i in found])
                for place, found in zip(row, evidence, strict=True)
            ]
            for product, row, evidence in zip(products, places, shown, strict=True)
        ]

    def _tokens(self, texts: dict[int, str]) -> dict[int, list[int]]:
        """Each text is cut up once, however many pairs show it."""
        return dict(zip(texts, self._model.texts.tokenize(list(texts.values())), strict=True))


class SelectorRanker:
    """Strategy `selector`: cases that are deliberated at once go through the cross-encoder together.

    Args:
        window_s: how long the first of them waits for others, in seconds.
    """

    strategy = "selector"
    kind: Kind = "selector"
    order_matters = False
    model = MODEL
    prompt = None
    prompts = ()

    def __init__(self, selector: Selector, window_s: float = 0.005) -> None:
        self._batcher = MicroBatcher(selector.scores, max_batch=_BATCH_CASES, window_s=window_s)

    def rank(self, case: Case, order: Sequence[int] | None = None) -> RankedCase:
        """The feature is the log-probability; no tokens are paid for, and `order` changes nothing."""
        del order
        scores = self._batcher.submit(case).result()
        return RankedCase(np.stack([domain_column(case.recommendation), scores], axis=1), 0, 0, None)

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        """What was measured; there is nobody to add words."""
        return Explained(measured(case, order, ranked.features[:, 1], "log-probability"))
