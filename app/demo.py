"""The main job on the shipped catalog: train, define, tune, categorize, report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from agents.fusion import Fusions
from app.batch import CatalogJob, classify_catalog
from app.defining import Defined, define_categories
from app.evaluating import Answered, evaluation_rows, ranker_name, training_counts
from app.labelled import Part, read_labelled
from app.opening import Opened, open_all
from app.options import BatchOptions
from app.tuning import Tuning, held_back, sampled, tune
from app.validation import read_validation
from catalog import shop
from catalog.progress import Progress
from catalog.settings import Settings
from evaluation.evaluate import Evaluation, evaluate
from evaluation.report import write_report
from graph.batch.results import read_verdicts
from graph.batch.schema import ERROR_STATUS
from graph.batch.summary import RunSummary
from graph.context import Context
from graph.verdict import Verdict
from retrieval.workspace import GENERAL
from training.losses.record import CrossEntropy
from training.recipe import EncoderPart, Recipe
from training.schedule import Schedule
from training.train import TrainingJob, TrainingSummary, train

# A small, hard catalog, many passes in a minute, and a promise that its few held-out rows can support.
RECIPE = Recipe(
    schedule=Schedule(epochs=12, learning_rate=1e-3, head_factor=5.0),
    fine_tuning=EncoderPart(loss=CrossEntropy(label_smoothing=0.1)),
    validation_share=0.2,
    target_accuracy=0.8,
    gate_confidence=0.9,
)
BATCH_ROWS = 192
TUNING_CASES = 40


@dataclass(frozen=True)
class Demo:
    """What each step came to, and where it lies."""

    training: TrainingSummary
    defined: Defined
    tuning: Tuning
    batch: RunSummary
    batch_folder: Path
    evaluation: Evaluation
    report: Path
    deliberated: Verdict | None
    deliberated_title: str


def run_demo(folder: Path, settings: Settings, progress: Progress) -> Demo:
    """Run all steps into `folder`; what stands there already from the same inputs is not done again.

    Raises:
        DualExpertError: a step could not run; says which and how to mend it.
    """
    workspace = folder / "workspace"
    job = TrainingJob(
        shop.train_path(), workspace, RECIPE, columns={}, device=settings.device, threads=settings.threads
    )
    training = train(job, progress)
    defined = define_categories(workspace, settings, None, (), refresh=False, progress=progress)
    opened = open_all(workspace, settings, None, progress)
    tuning = _tune(opened, settings, progress)
    # Opened again, so that the general expert takes the weights that were just fitted.
    opened = open_all(workspace, settings, None, progress)
    context = Context(top_k=settings.top_k)
    batch_folder = folder / f"batch-{opened.workspace.fingerprint}"
    catalog_job = CatalogJob(
        shop.test_path(), {}, batch_folder, BatchOptions(limit=BATCH_ROWS, chunk_rows=64), settings
    )
    batch = classify_catalog(catalog_job, opened, context, progress, Event())
    answered = _answered(opened, batch_folder, settings, progress)
    evaluation = _evaluate(opened, answered)
    report = write_report(evaluation, folder / "report", evaluation.meta)
    chosen = _most_telling(answered)
    return Demo(
        training=training,
        defined=defined,
        tuning=tuning,
        batch=batch,
        batch_folder=batch_folder,
        evaluation=evaluation,
        report=report,
        deliberated=chosen.verdict if chosen else None,
        deliberated_title=chosen.product.title if chosen else "",
    )


def _tune(opened: Opened, settings: Settings, progress: Progress) -> Tuning:
    """Fit, unless these weights stand already: training anew drops them."""
    path = opened.workspace.path(GENERAL)
    expert = opened.experts.general_expert
    if expert is not None and (record := Fusions.load(path).fits.get(expert.key)):
        return Tuning(expert.key, record, failed=0)
    rows = held_back(read_validation(opened.workspace), opened.experts.gate)
    return tune(
        sampled(rows, TUNING_CASES, seed=0),
        opened.experts,
        path,
        top_k=settings.top_k,
        concurrency=settings.llm_concurrency,
        seed=0,
        progress=progress,
    )


def _answered(opened: Opened, batch: Path, settings: Settings, progress: Progress) -> list[Answered]:
    """The batch's verdicts beside what the domain expert alone says of the same products."""
    expert = opened.experts.domain_expert
    labelled = read_labelled(
        shop.test_path(),
        columns={},
        part=Part("the shipped test part", None),
        taxonomy=expert.taxonomy,
        progress=progress,
    )
    verdicts = [_verdict(row) for row in read_verdicts(batch) if row["status"] != ERROR_STATUS]
    products = {p.product_id: p for p in labelled.products}
    judged = [products[v.product_id] for v in verdicts]
    recommendations = expert(judged, k=settings.top_k)
    return [Answered(*one) for one in zip(judged, recommendations, verdicts, strict=True)]


def _verdict(row: dict[str, object]) -> Verdict:
    return Verdict.model_validate({name: value for name, value in row.items() if name != "row"})


def _evaluate(opened: Opened, answered: Sequence[Answered]) -> Evaluation:
    rows = evaluation_rows(answered, lambda product: product.category_paths)
    figures = evaluate(rows, training_counts(opened.experts.domain_expert))
    meta = {
        "catalog": "the shipped shop, for the demo only: no figure here is a result",
        "language model": ranker_name(opened),
    }
    return figures.model_copy(update={"meta": meta})


def _most_telling(answered: Sequence[Answered]) -> Answered | None:
    """The deliberated product whose reasoning says most: most quotes."""
    reasoned = [a for a in answered if a.verdict.reasoning is not None]
    return max(reasoned, key=_telling, default=None)


def _telling(answered: Answered) -> tuple[bool, int]:
    verdict = answered.verdict
    if verdict.reasoning is None:
        return False, 0
    return verdict.status == "deliberated", len(verdict.reasoning.clues)
