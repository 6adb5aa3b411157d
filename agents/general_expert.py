"""The general expert: a language model ranks the candidates of an uncertain product and gives its grounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.case import Case, Definition, DefinitionRef, Deliberation, Reasoning
from agents.explanation import Explainer
from agents.fusion import Fusions, Strategy, domain_column, fuse
from agents.likelihood import LikelihoodRanker
from agents.llm.answer import ask
from agents.llm.factory import LLM
from agents.reasoning import ranking_schema
from catalog.errors import SettingsError
from prompts.loader import Prompt
from retrieval.choice import Floats

NEIGHBOURS_SHOWN = 5


@dataclass(frozen=True)
class RankedCase:
    """The candidates of a case as one strategy sees them.

    Attributes:
        features: (candidates, features), columns as `agents.fusion.FEATURES`.
        reasoning: None where the model has not been asked for its grounds.
    """

    features: Floats
    tokens_in: int
    tokens_out: int
    reasoning: Reasoning | None


class GeneralExpert:
    """Callable on a case.

    Args:
        strategy: `likelihood` compares log-probabilities of the candidates' paths; `rank` asks for clues,
            user, use case and a ranking in one structured answer.
        prompt: of the strategy.
        explain_prompt: writes the grounds after likelihood ranking.

    Raises:
        SettingsError: likelihood was asked of a backend that gives no token log-probabilities.
    """

    def __init__(
        self, llm: LLM, strategy: Strategy, prompt: Prompt, explain_prompt: Prompt, fusions: Fusions
    ) -> None:
        self.llm = llm
        self.strategy = strategy
        self.prompt = prompt
        self._explainer = Explainer(llm, explain_prompt)
        self._choice = fusions.choice(llm.name, strategy, prompt.ref)
        self._likelihood = self._ranker() if strategy == "likelihood" else None

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        """Rank the candidates; the answer is fused with the domain expert's scores.

        Raises:
            LLMUnavailable, LLMAnswerError: the model failed after its bounded retries.
        """
        ranked = self.features(case)
        probabilities = fuse(self._choice, ranked.features)
        order = np.argsort(-np.asarray(probabilities), kind="stable").tolist()
        reasoning, spent = ranked.reasoning, (ranked.tokens_in, ranked.tokens_out)
        if self._likelihood and explain:
            explained = self._explainer(case, order, ranked.features[:, 1])
            reasoning = explained.reasoning
            spent = (spent[0] + explained.tokens_in, spent[1] + explained.tokens_out)
        return Deliberation(
            scores=tuple(ranked.features[:, 1].tolist()),
            probabilities=probabilities,
            reasoning=reasoning,
            definitions=_references(case.definitions),
            prompt=self.prompt.ref,
            model=self.llm.name,
            tokens_in=spent[0],
            tokens_out=spent[1],
        )

    def features(self, case: Case) -> RankedCase:
        """The strategy's features of the candidates, before fusion; what fusion is fitted on."""
        if self._likelihood is None:
            return self._prompted(case)
        found = self._likelihood(case.product, case.recommendation, case.definitions)
        return RankedCase(found.features, found.tokens_in, 0, None)

    def failed(self, case: Case, error: str) -> Deliberation:
        """The record of a deliberation that gave no answer; the domain expert's stands."""
        return Deliberation(
            scores=(),
            probabilities=(),
            reasoning=None,
            definitions=_references(case.definitions),
            prompt=self.prompt.ref,
            model=self.llm.name,
            error=error,
        )

    def _ranker(self) -> LikelihoodRanker:
        if self.llm.scorer is None:
            raise SettingsError(
                f"{self.llm.name!r} gives no token log-probabilities, which `likelihood` needs.",
                fix="Choose the strategy `rank`.",
            )
        return LikelihoodRanker(self.llm.scorer, self.prompt)

    def _prompted(self, case: Case) -> RankedCase:
        candidates = case.recommendation.candidates
        texts = {d.category_id: d.text for d in case.definitions}
        messages = self.prompt.messages(
            title=case.product.title,
            description=case.product.description,
            bullets=list(case.product.bullets),
            brand=case.product.brand,
            candidates=[
                {"category_path": c.category_path, "definition": texts.get(c.category_id, "")}
                for c in candidates
            ],
            neighbours=list(case.recommendation.neighbours[:NEIGHBOURS_SHOWN]),
        )
        answer = ask(self.llm, messages, ranking_schema(len(candidates)))
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


def _completed(places: Sequence[int], candidates: int) -> list[int]:
    """Places the model left out follow in the domain expert's order."""
    return [*places, *(i for i in range(candidates) if i not in places)]


def _references(definitions: Sequence[Definition]) -> tuple[DefinitionRef, ...]:
    return tuple(DefinitionRef(category_id=d.category_id, version=d.version) for d in definitions)
