"""What an audit of the gate gets to see: labels, and verdicts of the whole dual expert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluating import Answered, answer
from app.gate_pool import Pool
from app.running import GraphRunner
from app.validation import ValidationRow, groups_of
from audit.gate.evidence import Asked, Evidence, Judged, asked, judged
from audit.gate.sampling import drawn, spread
from catalog.errors import SettingsError
from catalog.product import Product
from catalog.progress import Progress
from catalog.settings import Settings
from graph.context import Context, Experts
from graph.gate import Router
from retrieval.gate import SHUT, group_of

# So that a stop or a progress bar does not wait for all deliberations.
_CHUNK = 64


@dataclass(frozen=True)
class Places:
    """Accepted products by their places in the pool.

    Attributes:
        labelled: those with a label.
        unlabelled: those without one.
        truths: whether the accepted category is right, of the labelled ones.
    """

    labelled: Sequence[int]
    unlabelled: Sequence[int]
    truths: Mapping[int, bool]


@dataclass(frozen=True)
class Found:
    """Attributes:
    failed: products that the auditor gave no answer to; they are left out.
    """

    evidence: Evidence
    failed: int = 0


@dataclass(frozen=True)
class Auditor:
    """The whole dual expert, made to deliberate on what the gate accepts.

    Attributes:
        sample: accepted products to ask about, at most.
        calibration: accepted validation rows to ask about, at most, to learn how it errs.
    """

    experts: Experts
    settings: Settings
    sample: int
    calibration: int
    seed: int
    progress: Progress

    def evidence(self, pool: Pool, places: Places, validation: Sequence[ValidationRow]) -> Found:
        """Labels alone where there are as many of them as would be asked about; else votes too.

        Raises:
            SettingsError: there is neither a label nor anybody to ask.
        """
        alone = self.experts.general_expert is None
        if alone and places.unlabelled and not places.labelled:
            raise SettingsError(
                "No accepted product has a label, and there is no general expert to ask.",
                fix="Name a language model with `--llm`, or give a labelled catalog.",
            )
        if alone or not places.unlabelled or len(places.labelled) >= self.sample:
            unvoted = dict.fromkeys(places.labelled, False)
            return Found(Evidence(self._asked(pool, {}), self._labelled(pool, places, unvoted), _NOBODY))
        return self._voted(pool, places, validation)

    def _voted(self, pool: Pool, places: Places, validation: Sequence[ValidationRow]) -> Found:
        rng = np.random.default_rng(self.seed)
        picks = spread(pool.confidences[list(places.unlabelled)], self.sample, rng)
        looked = [*(places.unlabelled[i] for i in picks.tolist()), *places.labelled]
        rows = self._calibrating(validation, rng)
        answered = self._ask([*(pool.products[i] for i in looked), *(row.product for row in rows)])
        pairs = zip(looked, answered[: len(looked)], strict=True)
        votes = {i: one.verdict.category_path == pool.claims[i] for i, one in pairs if _has_vote(one)}
        held_out = [one for one in answered[len(looked) :] if _has_vote(one)]
        unlabelled = {i: vote for i, vote in votes.items() if i not in places.truths}
        labelled = {i: vote for i, vote in votes.items() if i in places.truths}
        return Found(
            Evidence(
                self._asked(pool, unlabelled),
                self._labelled(pool, places, labelled),
                self._calibration(held_out),
            ),
            failed=len(answered) - len(votes) - len(held_out),
        )

    def _calibrating(self, rows: Sequence[ValidationRow], rng: np.random.Generator) -> list[ValidationRow]:
        """Accepted validation rows; half of them wrong ones, if there are, because they are rare and tell as
        much."""
        gate = self.experts.gate
        pairs = zip(rows, groups_of(rows, gate.per), strict=True)
        accepted = [row for row, name in pairs if gate.accepts(row.confidence, name)]
        wrong = drawn((row for row in accepted if not row.right), self.calibration // 2, rng)
        right = (row for row in accepted if row.right)
        return [*wrong, *drawn(right, self.calibration - len(wrong), rng)]

    def _ask(self, products: Sequence[Product]) -> list[Answered]:
        context = Context(top_k=self.settings.top_k, threshold=SHUT, explain=False)
        runner = GraphRunner.over(self.experts, context, self.settings.llm_concurrency)
        return answer(products, runner, _CHUNK, self.progress)

    def _calibration(self, answered: Sequence[Answered]) -> Judged:
        """Validation rows that are accepted as things stand; confidences were cross-fitted when drawn."""
        products = [one.product for one in answered]
        sure = Router(self.experts).sure(products, [one.recommendation for one in answered], Context())
        kept = [one for one, is_sure in zip(answered, sure, strict=True) if is_sure]
        firsts = [one.recommendation.candidates[0].category_path for one in kept]
        pairs = list(zip(kept, firsts, strict=True))
        return judged(
            [one.recommendation.confidence for one in kept],
            [one.verdict.category_path == first for one, first in pairs],
            [self._group(one.product, first) for one, first in pairs],
            [first in one.product.category_paths for one, first in pairs],
        )

    def _asked(self, pool: Pool, votes: Mapping[int, bool]) -> Asked:
        """Of the products at these places."""
        groups = [self._group(pool.products[i], pool.claims[i] or "") for i in votes]
        return asked(pool.confidences[list(votes)], list(votes.values()), groups)

    def _labelled(self, pool: Pool, places: Places, votes: Mapping[int, bool]) -> Judged:
        one = self._asked(pool, votes)
        right = [places.truths[i] for i in votes]
        return judged(one.confidences, one.agrees, one.groups.tolist(), right)

    def _group(self, product: Product, category_path: str) -> str:
        return group_of(self.experts.gate.per, product.locale, category_path)


_NOBODY = judged([], [], [], [])


def _has_vote(one: Answered) -> bool:
    """A deliberation that failed leaves the domain expert's answer, which is no second opinion."""
    return one.verdict.status != "degraded"
