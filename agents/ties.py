"""Near ties are asked again with the candidates shuffled, because a model's answer leans on their order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from agents.case import Case, Reasoning
from agents.fusion import fuse
from agents.ranker import RankedCase, Ranker
from catalog.errors import LLMError
from retrieval.choice import ChoiceModel


@dataclass(frozen=True)
class TieRule:
    """When to ask again.

    Attributes:
        margin: a near tie is when the two most probable candidates lie no further apart.
        extra_calls: most times that one case is asked again.
        seed: of the shuffles; the same product gets the same ones.
    """

    margin: float = 0.05
    extra_calls: int = 2
    seed: int = 0

    def is_near(self, probabilities: Sequence[float]) -> bool:
        """Whether the first two lie within the margin; a single candidate ties with none."""
        first, second, *_ = (*sorted(probabilities, reverse=True), -1.0)
        return first - second <= self.margin

    def order(self, case: Case, attempt: int) -> list[int]:
        """Candidate places in an order of this product and this attempt, from 1."""
        places = list(range(len(case.recommendation.candidates)))
        Random(f"{self.seed}|{case.product.product_id}|{attempt}").shuffle(places)
        return places


def settled(ranker: Ranker, rule: TieRule, choice: ChoiceModel, case: Case, first: RankedCase) -> RankedCase:
    """The answer itself, or where fusion leaves a near tie, the mean over it and further ones.

    Asks until the tie is broken or the calls are spent; a further answer that fails ends it.

    Args:
        choice: fuses both experts.
    """
    answers = [first]
    merged = first
    while _asks_again(ranker, rule, choice, merged, len(answers)):
        try:
            answers.append(ranker.rank(case, rule.order(case, len(answers))))
        except LLMError:
            break
        merged = mean(answers)
    return merged


def mean(answers: Sequence[RankedCase]) -> RankedCase:
    """Ranks averaged over the answers, which orders candidates as Borda's count does; tokens added up.

    The grounds are those of the first answer that puts the candidate first which most put first.
    """
    features = np.stack([answer.features for answer in answers]).mean(axis=0, dtype=np.float32)
    return replace(
        answers[0],
        features=features,
        tokens_in=sum(answer.tokens_in for answer in answers),
        tokens_out=sum(answer.tokens_out for answer in answers),
        none_fits=2 * sum(answer.none_fits for answer in answers) > len(answers),
        reasoning=_agreeing(answers),
        extra_calls=len(answers) - 1,
    )


def _asks_again(ranker: Ranker, rule: TieRule, choice: ChoiceModel, ranked: RankedCase, answers: int) -> bool:
    """Without a candidate that fits there is nothing to tell apart."""
    if not ranker.order_matters or ranked.none_fits or answers > rule.extra_calls:
        return False
    return rule.is_near(fuse(choice, ranked.features))


def _agreeing(answers: Sequence[RankedCase]) -> Reasoning | None:
    firsts = [_first(answer) for answer in answers]
    most = max(firsts, key=firsts.count)
    return answers[firsts.index(most)].reasoning


def _first(answer: RankedCase) -> str:
    ranking = answer.reasoning.ranking if answer.reasoning else ()
    return ranking[0] if ranking else ""
