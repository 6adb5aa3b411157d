"""Grounds for a choice that was made without words: what was measured, then the model's own words."""

from collections.abc import Sequence

from agents.case import Case, Reasoning
from agents.llm.answer import Answer, ask
from agents.llm.factory import LLM
from agents.ranker import Explained
from agents.reasoning import Explanation, echoes, grounded, shared_words
from catalog.errors import LLMError
from prompts.loader import Prompt
from retrieval.choice import Floats


class Explainer:
    """Callable on a case whose candidates are ranked already.

    A small model's words are shown only when they speak of the product; what was measured stands anyway.
    """

    def __init__(self, llm: LLM, prompt: Prompt) -> None:
        self._llm = llm
        self._prompt = prompt

    def __call__(self, case: Case, order: Sequence[int], log_odds: Floats) -> Explained:
        """Explain why the first of `order` was chosen.

        Args:
            order: candidate places, best first.
            log_odds: of each candidate, against an unknown item.
        """
        answer = self._words(case, order)
        said = answer.value if answer else None
        if said and not _speaks(said, case, case.recommendation.candidates[order[0]].category_path):
            said = None
        reasoning = measured(case, order, log_odds, "log-odds", said)
        return Explained(reasoning, answer.tokens_in if answer else 0, answer.tokens_out if answer else 0)

    def _words(self, case: Case, order: Sequence[int]) -> Answer[Explanation] | None:
        """None where the model failed: that costs only its words."""
        candidates, product = case.recommendation.candidates, case.product
        messages = self._prompt.messages(
            title=product.title,
            description=product.body,
            brand=product.brand,
            chosen=candidates[order[0]].category_path,
            other=candidates[order[1]].category_path if len(order) > 1 else "nothing else",
        )
        try:
            return ask(self._llm, messages, Explanation)
        except LLMError:
            return None


def measured(
    case: Case, order: Sequence[int], scores: Floats, name: str, said: Explanation | None = None
) -> Reasoning:
    """Grounds that are true whatever a model says, and what it said.

    Args:
        order: candidate places, best first.
        scores: of each candidate, by what ranked them.
        name: of these scores.
    """
    candidates = case.recommendation.candidates
    return Reasoning(
        clues=_clues(case, order[0]),
        user=said.user if said else "",
        use_case=said.use_case if said else "",
        ranking=tuple(candidates[i].category_id for i in order),
        reason=" ".join([_figures(case, order, scores, name), *([said.reason] if said else [])]),
    )


def _clues(case: Case, place: int) -> tuple[str, ...]:
    """Words of the product that its category's definition or path is made of: true quotes."""
    chosen = case.recommendation.candidates[place]
    terms = (d.terms for d in case.definitions if d.category_id == chosen.category_id)
    return shared_words(case.product, [*next(terms, ()), *chosen.category_path.split()])


def _speaks(said: Explanation, case: Case, category_path: str) -> bool:
    """Whether the model's words speak of the product, and of more than its title."""
    return grounded(said.reason, case.product, category_path) and not echoes(said.user, case.product)


def _figures(case: Case, order: Sequence[int], scores: Floats, name: str) -> str:
    """What the ranking rests on, in a sentence."""
    candidates, neighbours = case.recommendation.candidates, case.recommendation.neighbours
    first = candidates[order[0]]
    there = sum(n.category_path == first.category_path for n in neighbours)
    parts = [f"{there} of the {len(neighbours)} nearest labelled products stand there"] if neighbours else []
    parts.append(f"{name} {scores[order[0]]:+.1f}")
    if len(order) > 1:
        other = candidates[order[1]].category_path
        parts[-1] += f" against {scores[order[1]]:+.1f} for {other}"
    return "; ".join(parts) + "."
