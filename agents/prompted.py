"""Rank by answering: clues, user, use case and a ranking by candidate number in one structured answer."""

from collections.abc import Sequence

import numpy as np

from agents.case import Case, Reasoning
from agents.fusion import Strategy, domain_column
from agents.llm.answer import ask
from agents.llm.factory import LLM
from agents.ranker import Explained, RankedCase
from agents.reasoning import ranking_schema
from prompts.loader import Prompt

NEIGHBOURS_SHOWN = 5


class PromptedRanker:
    """For models that can rank by writing numbers."""

    strategy: Strategy = "rank"

    def __init__(self, llm: LLM, prompt: Prompt) -> None:
        self._llm = llm
        self.model = llm.name
        self.prompt = prompt

    def rank(self, case: Case) -> RankedCase:
        """Features are the rank, best 0, and whether it is the first."""
        candidates = case.recommendation.candidates
        answer = ask(self._llm, self._messages(case), ranking_schema(len(candidates)))
        value = answer.value
        places = _completed([n - 1 for n in value.ranking], len(candidates))
        ranks = np.argsort(places).astype(np.float32)
        features = np.stack(
            [domain_column(case.recommendation), ranks, (ranks == 0).astype(np.float32)], axis=1
        )
        reasoning = Reasoning(
            clues=tuple(value.clues),
            user=value.user,
            use_case=value.use_case,
            ranking=tuple(candidates[p].category_id for p in places),
            reason=value.reason,
        )
        return RankedCase(features, answer.tokens_in, answer.tokens_out, reasoning)

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        """The answer holds its grounds already."""
        del case, order, ranked
        return None

    def _messages(self, case: Case) -> list[tuple[str, str]]:
        texts = {d.category_id: d.text for d in case.definitions}
        return self.prompt.messages(
            title=case.product.title,
            description=case.product.description,
            bullets=list(case.product.bullets),
            brand=case.product.brand,
            candidates=[
                {"category_path": c.category_path, "definition": texts.get(c.category_id, "")}
                for c in case.recommendation.candidates
            ],
            neighbours=list(case.recommendation.neighbours[:NEIGHBOURS_SHOWN]),
        )


def _completed(places: Sequence[int], candidates: int) -> list[int]:
    """Places the model left out follow in the domain expert's order."""
    return [*places, *(i for i in range(candidates) if i not in places)]
