"""Rank by likelihood: how much more probable a category is after this product than after none.

Small local models cannot rank by writing numbers; comparing pointwise mutual information works on them.
The term of no product is contextual calibration (Zhao et al., 2021): the probability after content-free
items, averaged over several because any single one has a bias of its own. It depends on the category's text
alone and is kept. Labelled neighbours are evidence that shall count, so these items are shown without any.
"""

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import logsumexp

from agents.candidate_texts import CandidateTexts
from agents.case import Case, Definition, Neighbour
from agents.explanation import Explainer
from agents.fusion import Kind, domain_column
from agents.llm.factory import LLM
from agents.llm.usage import counting_usage
from agents.localized import LocalPrompts, used
from agents.ranker import Explained, RankedCase
from agents.strategies import Strategy
from catalog.errors import SettingsError
from prompts.loader import Prompt
from prompts.source import LIKELIHOOD
from retrieval.choice import Floats

NEIGHBOURS_SHOWN = 6
DEFINITIONS_SHOWN = 3
CONTENT_FREE: Final = ("unknown item", "N/A", "")
"""Titles without content."""
VARIABLES: Final = frozenset({"title", "description", "brand", "neighbours", "definitions"})
"""That a prompt may use."""


class LikelihoodRanker:
    """Scores the candidates of one product with any backend that returns token log-probabilities.

    Args:
        prompts: of the product and, without it, of the content-free items, by locale.
        explain_prompt: writes the grounds afterwards.

    Raises:
        SettingsError: the backend gives no token log-probabilities.
        PromptError: a prompt is none to score with.
    """

    kind: Kind = "likelihood"
    order_matters = False

    def __init__(
        self,
        llm: LLM,
        strategy: Strategy,
        prompts: LocalPrompts,
        texts: CandidateTexts,
        explain_prompt: Prompt,
    ) -> None:
        if llm.scorer is None:
            raise SettingsError(
                f"{llm.name!r} gives no token log-probabilities, which `likelihood` needs.",
                fix="Choose the strategy `rank`.",
            )
        prompts.check((LIKELIHOOD,), VARIABLES)
        self.strategy = strategy.name
        self.model = llm.name
        self.prompt = prompts.base
        self._shows = strategy
        self._prompts = prompts
        self._texts = texts
        self._scorer = llm.scorer
        self._explainer = Explainer(llm, explain_prompt)
        self._priors: dict[tuple[str, str], float] = {}
        self._asking = threading.Lock()

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The ranking's by locale, and those that names are written with."""
        return *self._prompts.all(), *self._texts.prompts

    def rank(self, case: Case, order: Sequence[int] | None = None) -> RankedCase:
        """Features are log-odds against content-free items and the log-probability a token.

        Each candidate is scored on its own, so `order` changes nothing.
        """
        del order
        prompt = self._prompts.of(case.product.locale)
        texts = self._texts(case)
        head, text = self._parts(prompt, case)
        with counting_usage() as counter:
            scores = self._scorer.score(text, [f" {t}" for t in texts], head=head)
            prior = self._prior(prompt, texts)
        given = np.asarray([s.logprob for s in scores], dtype=np.float32)
        lengths = np.asarray([max(1, s.tokens) for s in scores], dtype=np.float32)
        columns = [domain_column(case.recommendation), given - prior, given / lengths]
        features = np.stack(columns, axis=1)
        return RankedCase(features, counter.usage.tokens_in, 0, None, prompt=prompt.ref)

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        return self._explainer(case, order, ranked.features[:, 1])

    def _parts(self, prompt: Prompt, case: Case) -> tuple[str, str]:
        product = case.product
        neighbours = _shown(case.recommendation.neighbours) if self._shows.neighbours else []
        definitions = list(case.definitions[:DEFINITIONS_SHOWN]) if self._shows.definitions else []
        return _filled_in(prompt, product.title, product.body, product.brand, neighbours, definitions)

    def _prior(self, prompt: Prompt, texts: Sequence[str]) -> Floats:
        """Log of each text's probability after a content-free item, averaged over these, (texts,)."""
        with self._asking:  # several cases at once would each pay for the same category
            self._learn(prompt, texts)
        return np.asarray([self._priors[prompt.hash, t] for t in texts], dtype=np.float32)

    def _learn(self, prompt: Prompt, texts: Sequence[str]) -> None:
        missing = [t for t in dict.fromkeys(texts) if (prompt.hash, t) not in self._priors]
        if missing:
            logprobs = [self._content_free(prompt, title, missing) for title in CONTENT_FREE]
            means = logsumexp(logprobs, axis=0) - np.log(len(CONTENT_FREE))
            self._priors.update({(prompt.hash, t): float(p) for t, p in zip(missing, means, strict=True)})

    def _content_free(self, prompt: Prompt, title: str, texts: Sequence[str]) -> list[float]:
        head, case = _filled_in(prompt, title)
        return [score.logprob for score in self._scorer.score(case, [f" {t}" for t in texts], head=head)]


def _filled_in(
    prompt: Prompt,
    title: str,
    description: str = "",
    brand: str = "",
    neighbours: Sequence[Neighbour] = (),
    definitions: Sequence[Definition] = (),
) -> tuple[str, str]:
    """Head and case of the prompt."""
    known = {
        "title": title,
        "description": description,
        "brand": brand,
        "neighbours": neighbours,
        "definitions": definitions,
    }
    return prompt.parts(**used(prompt, known))


def _shown(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The nearest few, nearest last, next to the product."""
    return list(reversed(neighbours[:NEIGHBOURS_SHOWN]))
