"""Rank by likelihood: how much more probable a category's path is after this product than after none.

Small local models cannot rank by writing numbers; comparing pointwise mutual information works on them.
The term of the unknown item depends on the path alone and is kept.
"""

from collections.abc import Sequence

import numpy as np

from agents.case import Case, Neighbour
from agents.explanation import Explainer
from agents.fusion import Strategy, domain_column
from agents.llm.factory import LLM
from agents.ranker import Explained, RankedCase
from catalog.errors import SettingsError
from prompts.loader import Prompt
from retrieval.choice import Floats

NEIGHBOURS_SHOWN = 6
DEFINITIONS_SHOWN = 3
UNKNOWN_TITLE = "unknown item"


class LikelihoodRanker:
    """Scores the candidates of one product with any backend that returns token log-probabilities.

    Args:
        prompt: of the product and, without it, of the unknown item.
        explain_prompt: writes the grounds afterwards.

    Raises:
        SettingsError: the backend gives no token log-probabilities.
    """

    strategy: Strategy = "likelihood"

    def __init__(self, llm: LLM, prompt: Prompt, explain_prompt: Prompt) -> None:
        if llm.scorer is None:
            raise SettingsError(
                f"{llm.name!r} gives no token log-probabilities, which `likelihood` needs.",
                fix="Choose the strategy `rank`.",
            )
        self.model = llm.name
        self.prompt = prompt
        self._scorer = llm.scorer
        self._explainer = Explainer(llm, explain_prompt)
        self._unknown: dict[str, float] = {}

    def rank(self, case: Case) -> RankedCase:
        """Features are log-odds against an unknown item and the log-probability a token.

        Tokens of the candidates are counted, those of the product's prompt taken as four characters each.
        """
        product, recommendation = case.product, case.recommendation
        paths = [c.category_path for c in recommendation.candidates]
        head, text = self.prompt.parts(
            title=product.title,
            description=product.body,
            brand=product.brand,
            neighbours=_shown(recommendation.neighbours),
            definitions=list(case.definitions[:DEFINITIONS_SHOWN]),
        )
        scores = self._scorer.score(text, [f" {p}" for p in paths], head=head)
        unknown = self._unknown_item(paths)
        given = np.asarray([s.logprob for s in scores], dtype=np.float32)
        lengths = np.asarray([max(1, s.tokens) for s in scores], dtype=np.float32)
        columns = [domain_column(recommendation), given - unknown, given / lengths]
        tokens_in = sum(s.tokens for s in scores) + len(text) // 4
        return RankedCase(np.stack(columns, axis=1), tokens_in, 0, None)

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        return self._explainer(case, order, ranked.features[:, 1])

    def _unknown_item(self, paths: Sequence[str]) -> Floats:
        missing = [p for p in dict.fromkeys(paths) if p not in self._unknown]
        if missing:
            head, case = self.prompt.parts(
                title=UNKNOWN_TITLE, description="", brand="", neighbours=[], definitions=[]
            )
            scores = self._scorer.score(case, [f" {p}" for p in missing], head=head)
            self._unknown.update({p: s.logprob for p, s in zip(missing, scores, strict=True)})
        return np.asarray([self._unknown[p] for p in paths], dtype=np.float32)


def _shown(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The nearest few, nearest last, next to the product."""
    return list(reversed(neighbours[:NEIGHBOURS_SHOWN]))
