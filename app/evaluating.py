"""Labelled products through the graph, both experts' answers side by side."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from agents.case import Recommendation
from agents.domain_expert import DomainExpert
from app.labelled import Part, drawn, read_labelled, refuse_training_rows
from app.opening import Opened
from app.running import GraphRunner, counting
from catalog.chunks import chunked
from catalog.errors import WorkspaceError
from catalog.product import Product, RowError
from catalog.progress import Progress
from evaluation.evaluate import Evaluation, EvaluationRow, evaluate
from evaluation.report import write_report
from graph.batch.schema import Answer, encode_part
from graph.context import Context
from graph.verdict import Verdict

AnyTruths = Callable[[Product], tuple[str, ...]]

VERDICTS_FILE = "verdicts.parquet"
ERRORS_FILE = "errors.jsonl"


# Deliberation is slow, so with a general expert the verdicts come in small chunks.
_DELIBERATED_CHUNK = 64


@dataclass(frozen=True)
class EvaluationJob:
    """What an evaluation is asked for.

    Attributes:
        part: which rows of the catalog.
        columns: our column name to the catalog's.
        limit: at most this many rows.
        allow_training_rows: even rows that the workspace was trained on.
        concurrency: cases that are deliberated at once.
    """

    catalog: Path
    out: Path
    part: Part
    columns: Mapping[str, str]
    context: Context
    limit: int | None
    allow_training_rows: bool
    chunk_rows: int
    concurrency: int


@dataclass(frozen=True)
class Outcome:
    """Attributes:
    errors: rows that could not be used; `errors_file` lists them.
    """

    evaluation: Evaluation
    errors: int
    report: Path
    errors_file: Path


@dataclass(frozen=True)
class Answered:
    """One product with what each expert made of it."""

    product: Product
    recommendation: Recommendation
    verdict: Verdict


def run_evaluation(job: EvaluationJob, opened: Opened, progress: Progress) -> Outcome:
    """Evaluate, and write the report, the verdicts and the rows that could not be used into `job.out`.

    Raises:
        CatalogError: the catalog cannot be read, holds no row of the part, or rows that were trained on.
        WorkspaceError: `job.out` cannot be written.
    """
    expert = opened.experts.domain_expert
    labelled = read_labelled(
        job.catalog, columns=job.columns, part=job.part, taxonomy=expert.taxonomy, progress=progress
    )
    if not job.allow_training_rows:
        refuse_training_rows(job.catalog, labelled, frozenset(expert.examples.product_ids))
    runner = GraphRunner.over(opened.experts, job.context, job.concurrency)
    chunk_rows = min(job.chunk_rows, _DELIBERATED_CHUNK) if opened.experts.general_expert else job.chunk_rows
    answered = answer(drawn(labelled, job.limit), runner, chunk_rows, progress)
    with progress.task("measuring", None):
        figures = evaluate(evaluation_rows(answered, labelled.any_truths), training_counts(expert))
        evaluation = figures.model_copy(update={"meta": _meta(job, opened)})
        write_rows(job.out, answered, labelled.errors)
        report = write_report(evaluation, job.out, evaluation.meta)
    return Outcome(evaluation, len(labelled.errors), report, job.out / ERRORS_FILE)


def _meta(job: EvaluationJob, opened: Opened) -> dict[str, str]:
    threshold = job.context.threshold
    return {
        "catalog": job.catalog.name,
        "rows": job.part.name,
        "workspace": opened.workspace.fingerprint,
        "encoder": opened.workspace.manifest.encoder,
        "language model": ranker_name(opened),
        "threshold": "the gate's" if threshold is None else str(threshold),
    }


def ranker_name(opened: Opened) -> str:
    """The model that ranks what the gate sends on."""
    expert = opened.experts.general_expert
    return expert.model if expert else "none"


def answer(
    products: Sequence[Product], runner: GraphRunner, chunk_rows: int, progress: Progress
) -> list[Answered]:
    """Run all products through the graph, chunk by chunk."""
    answered: list[Answered] = []
    with (
        progress.task("classifying", len(products)) as advance,
        progress.task("deliberating", None) as thought,
    ):
        listen = counting(thought)
        for chunk in chunked(products, chunk_rows):
            state = runner.state(chunk, listen)
            answers = zip(chunk, state["recommendations"], state["verdicts"], strict=True)
            answered += [Answered(*one) for one in answers]
            advance(len(chunk))
    return answered


def evaluation_rows(answered: Sequence[Answered], any_truths: AnyTruths) -> list[EvaluationRow]:
    """What `evaluation.evaluate` reads.

    Args:
        any_truths: all paths under which a product with the same text stands.
    """
    return [_row(one, any_truths(one.product)) for one in answered]


def training_counts(expert: DomainExpert) -> dict[str, int]:
    """Training products by category path."""
    counts = np.bincount(expert.examples.positions, minlength=len(expert.taxonomy))
    pairs = zip(expert.taxonomy.categories, counts.tolist(), strict=True)
    return {category.category_path: count for category, count in pairs}


def write_rows(out: Path, answered: Sequence[Answered], errors: Sequence[RowError]) -> None:
    """Write every verdict and every row that could not be used.

    Raises:
        WorkspaceError: the folder cannot be written.
    """
    verdicts = [Answer(number, one.verdict) for number, one in enumerate(answered, start=1)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / VERDICTS_FILE).write_bytes(encode_part(verdicts, keep_latency=True))
        (out / ERRORS_FILE).write_text("".join(_lines(errors)), "utf-8", errors="backslashreplace")
    except OSError as error:
        raise WorkspaceError(f"`{out}` cannot be written: {error}.", fix="Name another folder.") from error


def _lines(errors: Sequence[RowError]) -> Iterator[str]:
    for error in errors:
        record: Mapping[str, object] = asdict(error)
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _row(answered: Answered, any_truths: tuple[str, ...]) -> EvaluationRow:
    product, recommendation, verdict = answered.product, answered.recommendation, answered.verdict
    return EvaluationRow(
        product_id=product.product_id,
        title=product.title,
        locale=product.locale,
        truths=product.category_paths,
        domain_prediction=recommendation.candidates[0].category_path,
        domain_ranking=tuple(c.category_path for c in recommendation.candidates),
        domain_scores=tuple(c.score for c in recommendation.candidates),
        domain_confidence=recommendation.confidence,
        prediction=verdict.category_path,
        ranking=tuple(c.category_path for c in verdict.candidates),
        scores=tuple(c.score for c in verdict.candidates),
        confidence=verdict.confidence,
        status=verdict.status,
        any_truths=any_truths,
    )
