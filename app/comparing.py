"""`prompts compare` from its options to its report."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agents.case import Case
from agents.definitions.store import DefinitionStore
from agents.domain_expert import DomainExpert
from agents.fusion import Fusions
from agents.llm.prices import load_prices, require_price
from catalog.errors import SettingsError, WorkspaceError
from catalog.progress import Progress
from catalog.settings import Settings
from evaluation.power import Plan, planned
from experiments.analysis import Frame, analysed
from experiments.arms import Arm
from experiments.cases import LabelledCase, cases_hash, read_cases
from experiments.checks import Requirements
from experiments.opening import Bench, open_arms
from experiments.preparing import case_results, prepared, recommended, training_counts
from experiments.report import DATA_FILE, write_report
from experiments.result import Comparison, Judge, score
from experiments.run import Protocol, ask_all
from experiments.sampling import TEMPERATURE, refuse_fixed, sampling
from experiments.state import begin
from experiments.store import TrialStore
from graph.batch.spending import Spending
from graph.open import llm_from_settings
from retrieval.workspace import DEFINITIONS, GENERAL, Workspace

NAMES_FILE = "names.sqlite"
ANSWERS_FILE = "prompt-answers.sqlite"
DIFFERING = 0.2
LEAST_ARMS = 2


@dataclass(frozen=True)
class CompareJob:
    """What to compare and how; see the options of `prompts compare`.

    Attributes:
        differing: share of cases on which two prompts are expected not to be equally right.
        failing: folder of an earlier comparison whose wrong cases are taken only.
        answers: file of the answers that were paid; None takes the one in the cache folder.
    """

    labels: Sequence[str]
    workspace: Path
    cases: Path
    out: Path
    overlay: Path | None = None
    lift: float = 0.05
    differing: float = DIFFERING
    repeats: int = 1
    temperature: float | None = None
    limit: int | None = None
    failing: Path | None = None
    judge: Judge = "own"
    explain: bool = False
    retry_errors: bool = False
    resume: bool = False
    max_cost: float | None = None
    prices: Path | None = None
    answers: Path | None = None
    requirements: Requirements = field(default_factory=Requirements)


@dataclass(frozen=True)
class Laid:
    """A comparison that is ready to ask.

    Attributes:
        bench: what the contestants share.
        plan: what it can show.
        undefined: candidates without a definition.
    """

    job: CompareJob
    settings: Settings
    bench: Bench
    arms: list[Arm]
    labelled: list[LabelledCase]
    cases: list[Case]
    expert: DomainExpert
    plan: Plan
    undefined: int


def lay_out(job: CompareJob, settings: Settings, progress: Progress) -> Laid:
    """Open everything and say what the cases can show; asks the language model nothing.

    Raises:
        DualExpertError: something cannot be opened or makes no sense.
    """
    labelled = _labelled(job)
    plan = planned(len(labelled), job.lift, job.differing, tests=max(1, len(job.labels) - 1))
    workspace = Workspace(job.workspace)
    with progress.task(f"opening the workspace and {settings.llm}", None):
        expert = DomainExpert.open(workspace, device=settings.device, threads=settings.threads)
        bench = _bench(job, settings, workspace)
        arms = open_arms(job.labels, bench)
    if job.repeats > 1:
        refuse_fixed(arms)
    recommendations = recommended([one.product for one in labelled], expert, settings.top_k, progress)
    store = DefinitionStore.open(workspace.path(DEFINITIONS))
    try:
        ready = prepared(labelled, recommendations, store)
    finally:
        store.close()
    return Laid(job, settings, bench, arms, labelled, ready.cases, expert, plan, ready.undefined)


def run_comparison(laid: Laid, progress: Progress, stopped: Callable[[], bool]) -> tuple[Comparison, Path]:
    """Ask what is not known yet, and write the report.

    Raises:
        DualExpertError: the folder holds another comparison, there is no price to hold to, or the answers
            cannot be kept.
    """
    job, settings = laid.job, laid.settings
    identity = begin(job.out, fingerprint(laid), go_on=job.resume or job.retry_errors)
    model = laid.arms[0].expert.model
    prices = load_prices(job.prices)
    price = prices.find(model) if job.max_cost is None else require_price(prices, model)
    spending = Spending(price, job.max_cost, settings.llm_concurrency)
    protocol = Protocol(
        identity,
        repeats=job.repeats,
        explain=job.explain,
        retry_errors=job.retry_errors,
        concurrency=at_once(laid),
        stopped=stopped,
    )
    with TrialStore(job.answers or settings.cache_dir / ANSWERS_FILE) as store:
        spending.begin(store.spent(identity))
        asked = ask_all(laid.arms, laid.cases, store, spending, protocol, progress)
    frame = Frame(
        meta=_meta(laid),
        identities={arm.label: arm.identity for arm in laid.arms},
        judge=job.judge,
        repeats=job.repeats,
        lift=job.lift,
        plan=laid.plan,
        selected=job.failing is not None,
        requirements=job.requirements,
        reused=asked.reused,
        bought=asked.bought,
        paid=spending.paid,
        complete=asked.complete,
    )
    results = case_results(laid.labelled, laid.cases, asked.trials, training_counts(laid.expert))
    comparison = analysed(frame, results)
    return comparison, write_report(comparison, job.out)


def check(job: CompareJob) -> None:
    """Refuse what makes no sense before anything is opened.

    Raises:
        SettingsError: fewer than two contestants, or requirements on chosen cases.
    """
    if len(job.labels) < LEAST_ARMS:
        raise SettingsError("A comparison takes two prompts or more.", fix="Name the baseline first.")
    if job.failing is not None and job.requirements.any:
        raise SettingsError(
            "`--failing` chooses the cases by how they ended, so no requirement can be tested on them.",
            fix="Drop `--failing` or the requirements.",
        )


def _bench(job: CompareJob, settings: Settings, workspace: Workspace) -> Bench:
    llm = llm_from_settings(settings)
    if llm is None:
        raise SettingsError(
            f"`llm` is {settings.llm!r}, which reads no prompt.", fix="Name a language model."
        )
    temperature = job.temperature
    if temperature is None and job.repeats > 1:
        temperature = TEMPERATURE
    if temperature:
        llm = sampling(llm, temperature)
    return Bench(
        llm,
        Fusions.load(workspace.path(GENERAL)),
        overlay=job.overlay,
        names=job.out / NAMES_FILE,
        address={"base_url": settings.llm_base_url or "", "temperature": str(temperature or 0.0)},
    )


def _labelled(job: CompareJob) -> list[LabelledCase]:
    cases = read_cases(job.cases)
    if job.failing is not None:
        wrong = _wrong_before(job.failing)
        cases = [case for case in cases if case.product.product_id in wrong]
        if not cases:
            raise SettingsError(
                f"None of the cases went wrong in `{job.failing}`.", fix="Leave `--failing` out."
            )
    return cases[: job.limit]


def _wrong_before(folder: Path) -> set[str]:
    """Products on which a contestant of an earlier comparison was wrong at least once."""
    path = folder / DATA_FILE
    try:
        before = Comparison.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            f"`{path}` cannot be read: {error}.", fix="Name the folder of a finished comparison."
        ) from error
    return {
        case.product_id
        for case in before.cases
        for trials in case.trials.values()
        if (share := score(trials, case.truth, before.judge)) is not None and share < 1
    }


def at_once(laid: Laid) -> int:
    """Requests under way; scoring takes turns, and would be timed with the wait for the others."""
    scoring = all(arm.expert.kind == "likelihood" for arm in laid.arms)
    return 1 if scoring else laid.settings.llm_concurrency


def fingerprint(laid: Laid) -> dict[str, str]:
    """What makes two runs the same comparison."""
    job = laid.job
    return {
        "contestants": json.dumps([{**arm.identity, "label": arm.label} for arm in laid.arms]),
        "cases": cases_hash(laid.labelled),
        "workspace": Workspace(job.workspace).fingerprint,
        "repeats": str(job.repeats),
        "explain": str(job.explain),
        "temperature": str(job.temperature),
    }


def _meta(laid: Laid) -> dict[str, str]:
    job, settings = laid.job, laid.settings
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": settings.llm,
        "cases": f"{job.cases.name} ({cases_hash(laid.labelled)})",
        "workspace": f"{job.workspace.name} ({Workspace(job.workspace).fingerprint[:12]})",
        "candidates": str(settings.top_k),
        "requests at once": str(at_once(laid)),
        "answers": f"{job.repeats} a case, temperature {job.temperature}" if job.repeats > 1 else "1 a case",
        "candidates without definition": f"{laid.undefined:,}",
    }
