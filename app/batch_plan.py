"""What a batch will take, before it starts: a sample goes through the graph with a language model that costs
nothing."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from agents.llm.counting import TokenCounter, token_counter
from agents.llm.prices import Price, load_prices
from app.fingerprint import batch_fingerprint
from app.opening import open_all, open_llm
from app.rehearsing import Rehearsal, rehearsed, standing_in
from catalog.progress import Progress
from catalog.reader import read_catalog
from catalog.settings import Settings
from graph.batch.draws import Known
from graph.batch.estimate import Plan, estimate
from graph.batch.ledger import read_ledger
from graph.batch.measured import Measured, measured_answers
from graph.batch.past import Past
from graph.batch.survey import Survey, survey
from graph.context import Context

_MEASURED = 200
# Where the gate holds no product of the sample back, so many are asked about all the same, to know what one
# would cost.
_TRIED = 20
_FREE = Price(input=0.0, output=0.0)


@dataclass(frozen=True)
class PlanJob:
    """What is to be priced; as for a run.

    Attributes:
        columns: our column name to the catalog's.
        out: folder of the output, when it has been chosen; what is in it counts as done.
        since: folder of an earlier batch whose verdicts will be taken over.
        prices: the user's own price table.
        sample: most products to look at.
    """

    catalog: Path
    columns: Mapping[str, str]
    settings: Settings
    out: Path | None
    since: Path | None
    prices: Path | None
    limit: int | None
    sample: int


def plan_batch(
    job: PlanJob, workspace: Path, prompts: Path | None, context: Context, progress: Progress
) -> Plan:
    """Price a batch; asks the language model nothing.

    Raises:
        WorkspaceError, PromptError, SettingsError, CatalogError: something cannot be opened.
    """
    table = load_prices(job.prices)
    rehearsal, counter = _open(job.settings, workspace, prompts, progress)
    measured = measured_answers([folder for folder in (job.out, job.since) if folder], _MEASURED)
    with _past(job, rehearsal, context) as past, progress.task("reading the catalog", None):
        counts = _survey(job, measured, past)
    with progress.task("rehearsing", len(counts.sample)) as advance:
        sampled = rehearsed(rehearsal, counts.sample, context, advance)
    if rehearsal.chat and not sampled.uncertain:
        tried = rehearsed(rehearsal, counts.sample[:_TRIED], _unsure(context), _ignore)
        rehearsal.met.clear()
        sampled = sampled.with_cases_of(tried)
    defining = rehearsal.defining()
    known = _known(rehearsal, measured, counts, context)
    price = table.find(job.settings.llm) if rehearsal.chat else _FREE
    return estimate(
        counts,
        sampled,
        defining=defining,
        known=known,
        model=job.settings.llm,
        price=price,
        slots=job.settings.llm_concurrency,
        notes=list(_notes(job, counter, known, price)),
    )


def _open(
    settings: Settings, workspace: Path, prompts: Path | None, progress: Progress
) -> tuple[Rehearsal, TokenCounter | None]:
    llm = open_llm(settings, progress)
    if llm is None:
        return Rehearsal(open_all(workspace, settings, prompts, progress)), None
    counter = token_counter(
        settings.llm, cache_dir=settings.cache_dir, accept_gemma_terms=settings.accept_gemma_terms
    )
    with progress.task("opening the workspace", None):
        return standing_in(workspace, llm, counter, settings, prompts), counter


@contextmanager
def _past(job: PlanJob, rehearsal: Rehearsal, context: Context) -> Iterator[Past | None]:
    if job.since is None:
        yield None
        return
    fingerprint = batch_fingerprint(rehearsal.opened, context, job.catalog, job.columns)
    with closing(Past(job.since, fingerprint)) as past:
        yield past


def _survey(job: PlanJob, measured: Measured, past: Past | None) -> Survey:
    done = sum(chunk.rows for chunk in read_ledger(job.out).chunks.values()) if job.out else 0
    with closing(read_catalog(job.catalog, columns=job.columns)) as catalog:
        rows = islice(catalog, job.limit)
        return survey(rows, size=job.sample, done=done, past=past, ids=measured.answers.keys())


def _known(rehearsal: Rehearsal, measured: Measured, counts: Survey, context: Context) -> Known:
    """What was measured, beside what the rehearsal says of the same products."""
    if rehearsal.chat is None:
        return Known(seconds=measured.seconds)
    verdicts = rehearsal.verdicts(counts.asked_for, _unsure(context), _ignore)
    answers = [(measured.answers[verdict.product_id], verdict) for verdict in verdicts]
    same = [
        (answer, verdict)
        for answer, verdict in answers
        if (answer.model, answer.prompt) == (verdict.model, verdict.prompt)
    ]
    return Known(
        tokens_in=[answer.tokens_in for answer, _ in same],
        tokens_out=[answer.tokens_out for answer, _ in same],
        rehearsed_in=[verdict.tokens_in for _, verdict in same],
        seconds=measured.seconds if same else None,
    )


def _unsure(context: Context) -> Context:
    """As `context`, but the gate holds everything back."""
    return replace(context, threshold=2.0)


def _notes(job: PlanJob, counter: TokenCounter | None, known: Known, price: Price | None) -> Iterator[str]:
    if counter is None:
        yield "There is no language model, so nothing is asked."
        return
    yield f"Prompt tokens: {counter.note}."
    if known.tokens_out:
        yield f"Corrected by, and answers as long as in, {len(known.tokens_out):,} deliberations made before."
    else:
        yield (
            "Answers: between the shortest and the longest that their schema allows; after the first rows of "
            "the batch, plan again with `--out` for a closer range."
        )
    if price is None:
        yield f"There is no price of {job.settings.llm!r}: name a table that has it by `--prices`."


def _ignore(steps: int) -> None:
    del steps
