"""`prompts suggest`: the loop of proposing, measuring and keeping."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.case import Case
from agents.llm.model import LLM
from agents.llm.prices import load_prices, require_price
from app.comparing import ANSWERS_FILE, CompareJob, Laid, lay_out
from catalog.errors import SettingsError
from catalog.progress import Progress
from catalog.settings import Settings
from evaluation.record import Record
from experiments.analysis import Frame, analysed
from experiments.arms import Arm
from experiments.cases import LabelledCase
from experiments.opening import named, open_arm
from experiments.preparing import case_results, training_counts
from experiments.result import ArmResult
from experiments.run import Asked, Protocol, ask_all
from experiments.store import TrialStore
from experiments.suggesting import SUGGEST_PROMPT, Attempt, failures, halves, proposal, wins
from graph.batch.purse import OwnPurse
from graph.batch.spending import Spending
from graph.open import llm_from_settings
from prompts.loader import load_prompt
from prompts.prompt import Prompt

_COMPARISON = "suggest"


@dataclass(frozen=True)
class SuggestJob:
    """Attributes:
    prompt: to start from, as a contestant of `prompts compare`.
    overlay: folder that new versions go to.
    rounds: most proposals.
    suggester: settings of the model that proposes.
    """

    prompt: str
    workspace: Path
    cases: Path
    overlay: Path
    rounds: int
    suggester: Settings
    max_cost: float | None = None
    prices: Path | None = None
    answers: Path | None = None


class Suggested(Record):
    """Attributes:
    best: version that won last; the start where none did.
    validation: cases that versions were measured on.
    paid: USD; None without a price.
    complete: it was not stopped by a signal or the greatest cost.
    """

    start: str
    best: str
    attempts: tuple[Attempt, ...]
    validation: int
    paid: float | None
    complete: bool


@dataclass(frozen=True)
class Half:
    """Cases that are read, or that are measured on."""

    labelled: list[LabelledCase]
    cases: list[Case]


@dataclass(frozen=True)
class Purses:
    """Spending on the model that is prompted and on the one that proposes, out of one purse."""

    asking: Spending
    proposing: Spending


class SuggestLoop:
    """Proposes on one half of the cases and measures on the other.

    Args:
        laid: the starting prompt over all cases.
        suggester: the model that proposes.
        stopped: whether to ask nothing more.
    """

    def __init__(
        self,
        job: SuggestJob,
        laid: Laid,
        suggester: LLM,
        purses: Purses,
        store: TrialStore,
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> None:
        self._job, self._laid, self._suggester = job, laid, suggester
        self._purses, self._store, self._progress, self._stopped = purses, store, progress, stopped
        self._reading, self._measuring = split(laid)
        overlay = laid.bench.overlay
        self._instruction = load_prompt(SUGGEST_PROMPT, overlay=overlay)
        self._strategy, ref = named(job.prompt, overlay)
        self._arm = laid.arms[0]
        self._best = load_prompt(ref or self._arm.expert.prompt, overlay=overlay)
        self._attempts: list[Attempt] = []
        self._complete = True

    def run(self) -> Suggested:
        """All rounds, or as many as the money lasts and failures are found."""
        start = self._best.ref
        for _ in range(self._job.rounds):
            if not self._round():
                break
        return Suggested(
            start=start,
            best=self._best.ref,
            attempts=tuple(self._attempts),
            validation=len(self._measuring.cases),
            paid=self._purses.asking.paid,
            complete=self._complete,
        )

    def _round(self) -> bool:
        """Whether to go on."""
        asked = self._ask([self._arm], self._reading)
        self._complete = asked.complete and not self._purses.proposing.exhausted
        wrong = failures(self._reading.labelled, [case[0] for case in asked.trials[self._arm.label]])
        if not self._complete or not wrong:
            return False
        attempt, version = proposal(
            self._suggester,
            self._instruction,
            self._best,
            wrong,
            self._attempts,
            self._job.overlay,
            self._purses.proposing,
        )
        self._attempts.append(attempt if version is None else self._judged(attempt, version))
        return self._complete

    def _judged(self, attempt: Attempt, version: Prompt) -> Attempt:
        """Measure a version; it takes the place of the best one, or goes."""
        other = open_arm(f"{self._strategy}={version.path}", self._laid.bench)
        result = self._measured(other)
        kept = result is not None and wins(result, self._job.rounds)
        if kept:
            self._arm, self._best = other, version
        else:
            version.path.unlink()
        return attempt.model_copy(update={"result": result, "kept": kept})

    def _measured(self, other: Arm) -> ArmResult | None:
        """Figures of the new one on the measuring half; None where it was stopped."""
        asked, half = self._ask([self._arm, other], self._measuring), self._measuring
        self._complete = asked.complete
        if not asked.complete:
            return None
        results = case_results(half.labelled, half.cases, asked.trials, training_counts(self._laid.expert))
        identities = {arm.label: arm.identity for arm in (self._arm, other)}
        lift = self._laid.job.lift
        return analysed(
            Frame(meta={}, identities=identities, judge="own", repeats=1, lift=lift), results
        ).arms[1]

    def _ask(self, arms: Sequence[Arm], half: Half) -> Asked:
        protocol = Protocol(
            _COMPARISON, concurrency=self._laid.settings.llm_concurrency, stopped=self._stopped
        )
        return ask_all(arms, half.cases, self._store, self._purses.asking, protocol, self._progress)


def suggest_versions(
    job: SuggestJob, settings: Settings, progress: Progress, stopped: Callable[[], bool]
) -> Suggested:
    """Open everything and run the loop.

    Raises:
        DualExpertError: something cannot be opened, or there is a greatest cost and no price.
    """
    overlay = job.overlay if job.overlay.is_dir() else None
    compare = CompareJob([job.prompt], job.workspace, job.cases, job.overlay, overlay=overlay)
    laid = lay_out(compare, settings, progress)
    suggester = llm_from_settings(job.suggester)
    if suggester is None:
        raise SettingsError(
            f"{job.suggester.llm!r} proposes nothing.", fix="Name a chat model: `--suggester`."
        )
    purses = _purses(job, laid, suggester)
    with TrialStore(job.answers or settings.cache_dir / ANSWERS_FILE) as store:
        return SuggestLoop(job, laid, suggester, purses, store, progress, stopped).run()


def split(laid: Laid) -> tuple[Half, Half]:
    """The cases to read and those to measure on."""
    cases = {case.product.product_id: case for case in laid.cases}
    reading, measuring = (
        Half(half, [cases[one.product.product_id] for one in half]) for half in halves(laid.labelled)
    )
    return reading, measuring


def _purses(job: SuggestJob, laid: Laid, suggester: LLM) -> Purses:
    prices, purse, slots = load_prices(job.prices), OwnPurse(), laid.settings.llm_concurrency
    asking, proposing = (
        prices.find(llm.name) if job.max_cost is None else require_price(prices, llm.name)
        for llm in (laid.bench.llm, suggester)
    )
    return Purses(
        Spending(asking, job.max_cost, slots, purse), Spending(proposing, job.max_cost, slots, purse)
    )
