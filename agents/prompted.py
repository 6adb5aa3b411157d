"""Rank by answering: the model names candidates by number, in one structured answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from agents.candidate_texts import CandidateTexts
from agents.case import Case, Reasoning
from agents.fusion import Kind, domain_column
from agents.llm.answer import ask
from agents.llm.factory import LLM
from agents.localized import LocalPrompts, language_of, used
from agents.ranker import Explained, RankedCase
from agents.reasoning import (
    Choice,
    PlainRanking,
    Ranking,
    choice_schema,
    plain_ranking_schema,
    ranking_schema,
)
from agents.strategies import Strategy
from prompts.loader import Prompt
from retrieval.choice import Floats

NEIGHBOURS_SHOWN = 5
VARIABLES: Final = frozenset(
    {"title", "description", "bullets", "brand", "candidates", "neighbours", "locale", "language"}
)
"""That a prompt may use."""

Said = Choice | PlainRanking | Ranking
_SCHEMAS: Final[Mapping[str, tuple[Callable[[int], type[Said]], Kind]]] = {
    "Choice": (choice_schema, "choose"),
    "PlainRanking": (plain_ranking_schema, "rank"),
    "Ranking": (ranking_schema, "rank"),
}
"""By a prompt's `output`."""


class PromptedRanker:
    """For models that can choose or rank by writing numbers; the prompt says what is asked.

    Args:
        strategy: what is shown.
        prompts: by locale.

    Raises:
        PromptError: a prompt asks for an answer that is no ranking, or uses an unknown variable.
    """

    order_matters = True

    def __init__(self, llm: LLM, strategy: Strategy, prompts: LocalPrompts, texts: CandidateTexts) -> None:
        prompts.check(_SCHEMAS, VARIABLES)
        self._llm = llm
        self._shows = strategy
        self._prompts = prompts
        self._texts = texts
        self._schema, self.kind = _SCHEMAS[prompts.base.front_matter.output]
        self.strategy = strategy.name
        self.model = llm.name
        self.prompt = prompts.base

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The ranking's by locale, and those that names are written with."""
        return *self._prompts.all(), *self._texts.prompts

    def rank(self, case: Case, order: Sequence[int] | None = None) -> RankedCase:
        """Features are the place and whether it is the first, or only what was chosen; then, whether none
        fits."""
        candidates = case.recommendation.candidates
        shown = list(order) if order is not None else list(range(len(candidates)))
        prompt = self._prompts.of(case.product.locale)
        answer = ask(self._llm, self._messages(prompt, case, shown), self._schema(len(candidates)))
        places = [shown[place] for place in answer.value.places()]
        return RankedCase(
            self._features(case, places),
            answer.tokens_in,
            answer.tokens_out,
            _reasoning(case, places, answer.value),
            none_fits=not places,
            prompt=prompt.ref,
        )

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        """The answer holds its grounds already."""
        del case, order, ranked
        return None

    def _features(self, case: Case, places: Sequence[int]) -> Floats:
        domain = domain_column(case.recommendation)
        first = np.isin(np.arange(len(domain)), places[:1])
        none = np.full(len(domain), not places)
        ranked = [_ranks(places, len(domain))] if self.kind == "rank" else []
        return np.stack([domain, *ranked, first, none], axis=1).astype(np.float32)

    def _messages(self, prompt: Prompt, case: Case, order: Sequence[int]) -> list[tuple[str, str]]:
        product, recommendation = case.product, case.recommendation
        texts = self._texts(case)
        definitions = {d.category_id: d.text for d in case.definitions} if self._shows.definitions else {}
        candidates = [
            {
                "text": texts[place],
                "category_path": recommendation.candidates[place].category_path,
                "definition": definitions.get(recommendation.candidates[place].category_id, ""),
            }
            for place in order
        ]
        neighbours = recommendation.neighbours[:NEIGHBOURS_SHOWN] if self._shows.neighbours else ()
        known = {
            "title": product.title,
            "description": product.description,
            "bullets": list(product.bullets),
            "brand": product.brand,
            "candidates": candidates,
            "neighbours": list(neighbours),
            "locale": product.locale,
            "language": language_of(product.locale),
        }
        return prompt.messages(**used(prompt, known))


def _ranks(places: Sequence[int], candidates: int) -> Floats:
    """Place of each candidate, best 0; those that were left out share the mean of the places left."""
    ranks = np.full(candidates, (len(places) + candidates - 1) / 2, dtype=np.float32)
    ranks[list(places)] = np.arange(len(places))
    return ranks


def _reasoning(case: Case, places: Sequence[int], said: Said) -> Reasoning:
    """The answer as grounds; without a candidate that fits the ranking is empty."""
    candidates = case.recommendation.candidates
    left_out = [place for place in range(len(candidates)) if place not in places] if places else []
    return Reasoning(
        clues=tuple(said.clues) if isinstance(said, Ranking) else (),
        user=said.user if isinstance(said, Ranking) else "",
        use_case=said.use_case if isinstance(said, Ranking) else "",
        ranking=tuple(candidates[place].category_id for place in [*places, *left_out]),
        reason=said.reason,
    )
