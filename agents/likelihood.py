"""Rank by likelihood: how much more probable a category's path is after this product than after none.

Small local models cannot rank by writing numbers; comparing pointwise mutual information works on them.
The term of the unknown item depends on the path alone and is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.case import Definition, Neighbour, Recommendation
from agents.fusion import domain_column
from agents.llm.likelihood import Scorer
from catalog.product import Product
from prompts.loader import Prompt
from retrieval.choice import Floats

NEIGHBOURS_SHOWN = 6
DEFINITIONS_SHOWN = 3
UNKNOWN_TITLE = "unknown item"


@dataclass(frozen=True)
class Likelihoods:
    """Attributes:
    features: (candidates, 3), columns as `agents.fusion.FEATURES["likelihood"]`.
    tokens_in: of the candidates as counted, of the product's prompt at four characters a token.
    """

    features: Floats
    tokens_in: int


class LikelihoodRanker:
    """Scores the candidates of one product with any backend that returns token log-probabilities."""

    def __init__(self, scorer: Scorer, prompt: Prompt) -> None:
        self._scorer = scorer
        self._prompt = prompt
        self._unknown: dict[str, float] = {}

    def __call__(
        self, product: Product, recommendation: Recommendation, definitions: Sequence[Definition]
    ) -> Likelihoods:
        paths = [c.category_path for c in recommendation.candidates]
        head, case = self._prompt.parts(
            title=product.title,
            description=product.body,
            brand=product.brand,
            neighbours=_shown(recommendation.neighbours),
            definitions=list(definitions[:DEFINITIONS_SHOWN]),
        )
        scores = self._scorer.score(case, [f" {p}" for p in paths], head=head)
        unknown = self._unknown_item(paths)
        given = np.asarray([s.logprob for s in scores], dtype=np.float32)
        lengths = np.asarray([max(1, s.tokens) for s in scores], dtype=np.float32)
        columns = [domain_column(recommendation), given - unknown, given / lengths]
        return Likelihoods(np.stack(columns, axis=1), sum(s.tokens for s in scores) + len(case) // 4)

    def _unknown_item(self, paths: Sequence[str]) -> Floats:
        missing = [p for p in dict.fromkeys(paths) if p not in self._unknown]
        if missing:
            head, case = self._prompt.parts(
                title=UNKNOWN_TITLE, description="", brand="", neighbours=[], definitions=[]
            )
            scores = self._scorer.score(case, [f" {p}" for p in missing], head=head)
            self._unknown.update({p: s.logprob for p, s in zip(missing, scores, strict=True)})
        return np.asarray([self._unknown[p] for p in paths], dtype=np.float32)


def _shown(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The nearest few, nearest last, next to the product."""
    return list(reversed(neighbours[:NEIGHBOURS_SHOWN]))
