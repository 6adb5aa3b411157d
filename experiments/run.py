"""Ask every contestant about every case, once a repeat; what was answered before is not asked again."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from itertools import islice

from agents.case import Case
from catalog.progress import Progress
from experiments.arms import Arm
from experiments.store import TrialStore
from experiments.trial import Trial
from graph.batch.spending import Spending

_AHEAD = 2
_Question = tuple[Arm, Case, int]


@dataclass(frozen=True)
class Protocol:
    """How to ask.

    Attributes:
        comparison: whose trials they are.
        repeats: independent samples a case.
        explain: have grounds written where ranking gives none.
        retry_errors: ask failed trials again.
        concurrency: requests at once.
        stopped: whether to ask nothing more.
    """

    comparison: str
    repeats: int = 1
    explain: bool = False
    retry_errors: bool = False
    concurrency: int = 1
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Asked:
    """Attributes:
    trials: by arm, case and repeat; None where nothing was asked.
    reused: answers that stood before this run.
    bought: trials of this run.
    """

    trials: dict[str, list[list[Trial | None]]]
    reused: int
    bought: int

    @property
    def complete(self) -> bool:
        return all(trial is not None for arm in self.trials.values() for case in arm for trial in case)


def keys_of(
    arms: Sequence[Arm], cases: Sequence[Case], protocol: Protocol, progress: Progress
) -> dict[str, list[list[str]]]:
    """The key of every trial, by arm, case and repeat."""
    keys: dict[str, list[list[str]]] = {arm.label: [] for arm in arms}
    with progress.task("rendering", len(cases)) as advance:
        for case in cases:
            for arm in arms:
                repeats = range(protocol.repeats)
                keys[arm.label].append([arm.key(case, r, explain=protocol.explain) for r in repeats])
            advance(1)
    return keys


def ask_all(
    arms: Sequence[Arm],
    cases: Sequence[Case],
    store: TrialStore,
    spending: Spending,
    protocol: Protocol,
    progress: Progress,
) -> Asked:
    """Run what is missing, case by case, so that a comparison that stops early has asked all arms the same.

    Raises:
        WorkspaceError: an answer cannot be written down; what was written stays.
    """
    keys = keys_of(arms, cases, protocol, progress)
    flat = [key for arm in keys.values() for case in arm for key in case]
    known = store.find(flat, protocol.comparison, errors=not protocol.retry_errors)
    reused = sum(key in known for key in flat)
    questions = {
        keys[arm.label][place][repeat]: (arm, case, repeat)
        for place, case in enumerate(cases)
        for repeat in range(protocol.repeats)
        for arm in arms
        if keys[arm.label][place][repeat] not in known
    }
    with progress.task("asking", len(questions)) as advance:

        def ask(key: str, question: _Question) -> tuple[str, Trial | None]:
            arm, case, repeat = question
            with spending.asking() as allowed:
                if not allowed or protocol.stopped():
                    return key, None
                trial = arm(case, repeat, spending, explain=protocol.explain)
                store.add(key, protocol.comparison, trial)
            advance(1)
            return key, trial

        bought = _in_threads(ask, questions, protocol)
    known |= bought
    trials = {label: [[known.get(key) for key in case] for case in arm] for label, arm in keys.items()}
    return Asked(trials, reused, len(bought))


def _in_threads(
    ask: Callable[[str, _Question], tuple[str, Trial | None]],
    questions: dict[str, _Question],
    protocol: Protocol,
) -> dict[str, Trial]:
    """Only a few questions wait in line, so that a stop comes quickly."""
    waiting: set[Future[tuple[str, Trial | None]]] = set()
    found: dict[str, Trial] = {}
    rest = iter(questions.items())
    with ThreadPoolExecutor(protocol.concurrency) as pool:
        while True:
            free = _AHEAD * protocol.concurrency - len(waiting)
            for key, question in islice(rest, free if not protocol.stopped() else 0):
                waiting.add(pool.submit(copy_context().run, ask, key, question))
            if not waiting:
                return found
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            found |= {key: trial for key, trial in (future.result() for future in done) if trial}
