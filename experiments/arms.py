"""Contestants of a comparison: what each asks, what its answers depend on, and what came of asking."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.case import Case, Deliberation
from agents.general_expert import GeneralExpert
from agents.llm.counting import Estimate, TokenCounter
from agents.llm.memory import repeating
from agents.llm.usage import UsageCounter, counting_usage
from catalog.errors import LLMError
from experiments.recording import Request
from experiments.trial import Trial, trial_key
from graph.batch.spending import Spending

_SHOWN = 3
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Arm:
    """Attributes:
    label: as it was named on the command line.
    expert: asks the language model.
    rehearse: an expert like it over a model that only writes down what it is asked, and that list; new for
        every case, because an expert may keep what it has asked before.
    identity: what it is, for people: strategy, prompts and their hashes.
    salt: what its answers depend on beside what is sent.
    """

    label: str
    expert: GeneralExpert
    rehearse: Callable[[TokenCounter], tuple[GeneralExpert, list[Request]]]
    identity: Mapping[str, str]
    salt: Mapping[str, str]

    def requests(self, case: Case, counter: TokenCounter, *, explain: bool = False) -> list[Request]:
        """What a case would have this arm send; where an answer decides what is sent, a made-up one does.

        Raises:
            PromptError: the prompt cannot be rendered.
        """
        expert, requests = self.rehearse(counter)
        expert(case, explain=explain)
        return requests

    def key(self, case: Case, repeat: int, *, explain: bool = False) -> str:
        """Under which the answer is kept."""
        salt = {**self.salt, "explain": str(explain)}
        return trial_key(salt, case, self.requests(case, Estimate(), explain=explain), repeat)

    def __call__(self, case: Case, repeat: int, spending: Spending, *, explain: bool = False) -> Trial:
        """Ask once; a failure of the model becomes a trial that says so, and is paid all the same."""
        start = time.perf_counter()
        with counting_usage() as counter, repeating(repeat):
            try:
                found = _answered(case, self.expert(case, explain=explain))
            except LLMError as error:
                found = Trial(error=str(error))
        return _billed(found, counter, spending, (time.perf_counter() - start) * _MILLISECONDS)


def _answered(case: Case, deliberation: Deliberation) -> Trial:
    if deliberation.error is not None:
        return Trial(error=deliberation.error)
    paths = [candidate.category_path for candidate in case.recommendation.candidates]
    order = _best_first(deliberation.scores)
    return Trial(
        own="" if "none_fits" in deliberation.flags else paths[order[0]],
        fused=paths[_best_first(deliberation.probabilities)[0]],
        ranking=tuple((paths[place], round(deliberation.scores[place], 4)) for place in order[:_SHOWN]),
        reasoning=deliberation.reasoning,
        tokens_in=deliberation.tokens_in,
        tokens_out=deliberation.tokens_out,
    )


def _best_first(scores: tuple[float, ...]) -> list[int]:
    """Places by score; equal ones in the domain expert's order."""
    return sorted(range(len(scores)), key=lambda place: -scores[place])


def _billed(trial: Trial, counter: UsageCounter, spending: Spending, latency_ms: float) -> Trial:
    """What was asked for is paid; what the model's own cache knew is only counted."""
    used = counter.usage
    return trial.model_copy(
        update={
            "calls": used.calls,
            "tokens_in": used.tokens_in or trial.tokens_in,
            "tokens_out": used.tokens_out or trial.tokens_out,
            "tokens_cached": used.tokens_cached,
            "kept": used.cache_hits,
            "cost": spending.charge(used).cost,
            "latency_ms": round(latency_ms, 1),
        }
    )
