"""`dual-expert train`: from a labelled catalog, a taxonomy, or both, to a workspace."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import finished
from app.options import (
    Columns,
    ComputeOptions,
    OutputOptions,
    SplitFile,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output, table
from app.threads import use_threads

if TYPE_CHECKING:
    from catalog.settings import Settings
    from training.recipe import Recipe
    from training.train import TrainingSummary

ERRORS_FILE = "training_errors.jsonl"
_TRAINING = "Training"
# Where each option stands in the recipe.
_FIELDS = {
    "epochs": "schedule.epochs",
    "batch_size": "schedule.batch_size",
    "learning_rate": "schedule.learning_rate",
    "max_tokens": "max_tokens",
    "validation_share": "validation_share",
    "target_accuracy": "target_accuracy",
    "seed": "seed",
}


@dataclass(frozen=True)
class RecipeOptions:
    """How to train; not given means the recipe's own value."""

    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_TRAINING,
            help="See `dual-expert recipes`; else `best`, or what few labels and a taxonomy ask for.",
        ),
    ] = None
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            rich_help_panel=_TRAINING,
            help="Change any field of the recipe, such as `fine_tuning.augmentation=null`; repeatable.",
        ),
    ] = None
    epochs: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_TRAINING, help="Else the catalog's size decides.")
    ] = None
    batch_size: Annotated[int | None, typer.Option(min=2, rich_help_panel=_TRAINING)] = None
    learning_rate: Annotated[
        float | None, typer.Option(min=0.0, rich_help_panel=_TRAINING, help="Of the encoder, at its peak.")
    ] = None
    max_tokens: Annotated[
        int | None, typer.Option(min=8, max=512, rich_help_panel=_TRAINING, help="Longer texts are cut.")
    ] = None
    validation_share: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=0.5, rich_help_panel=_TRAINING, help="Held out when there is no `--split`."
        ),
    ] = None
    target_accuracy: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, rich_help_panel=_TRAINING, help="Share of right answers that the gate promises."
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(rich_help_panel=_TRAINING)] = None

    def chosen(self, encoder: str | None, otherwise: str) -> "Recipe":
        """The recipe with these options where they were given.

        Args:
            otherwise: name of the recipe where none was given.

        Raises:
            SettingsError: a value makes no sense.
        """
        from training.recipes import parsed_changes, recipe_named

        given = {"encoder": encoder, **{field: getattr(self, name) for name, field in _FIELDS.items()}}
        changes = {field: value for field, value in given.items() if value is not None}
        return recipe_named(self.recipe or otherwise, changes | parsed_changes(self.change or []))


def train(
    workspace: WorkspaceFolder,
    recipe: RecipeOptions,
    compute: ComputeOptions,
    output: OutputOptions,
    catalog: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CATALOG]",
            help="CSV, TSV, JSON lines or Parquet file, or a folder of them; none with `--taxonomy` alone.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_DIR",
            help="`auto` (by language), `embedded`, `embedded-multilingual`, a Hugging Face name, a folder.",
        ),
    ] = None,
    split: SplitFile = None,
    taxonomy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Taxonomy file; else it is derived from the labels."),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Labels put right: `audit` proposes them, `review` exports them."),
    ] = None,
    language_model: Annotated[
        str,
        typer.Option(
            metavar="NAME_OR_DIR",
            help="That the recipe `ranker` tunes: `embedded[:NAME]`, a Hugging Face name, a folder.",
        ),
    ] = "embedded",
    column: Columns = None,
    force: Annotated[bool, typer.Option("--force", help="Train even when nothing has changed.")] = False,
) -> int:
    """Train the domain expert on a labelled catalog, a taxonomy, or both; a killed run goes on."""
    out = Output(output)
    settings = compute.settings()
    use_threads(settings.threads)
    from training.suited import suited_recipe
    from training.train import TrainingJob
    from training.train import train as run_training

    columns = column_mapping(column)
    chosen = recipe.chosen(encoder, suited_recipe(catalog, taxonomy, columns=columns, split=split))
    job = TrainingJob(
        catalog=catalog,
        workspace=workspace,
        recipe=chosen,
        columns=columns,
        split=split,
        taxonomy=taxonomy,
        corrections=corrections,
        language_model=_weights(language_model, settings) if _tunes_language_model(chosen) else None,
        device=settings.device,
        threads=settings.threads,
        force=force,
    )
    with out.resumable():
        summary = run_training(job, out.progress)
    _show(out, summary)
    return finished(summary.counts["error_rows"])


def _tunes_language_model(recipe: "Recipe") -> bool:
    return recipe.selector is not None and recipe.selector.start == "language-model"


def _weights(spec: str, settings: "Settings") -> str:
    """What `load_encoder` takes: the folder of a model that ships in a package, or the name as it is."""
    if not spec.startswith("embedded"):
        return spec
    from agents.llm.weights import model_folder, weight_source

    source = weight_source(spec, accept_gemma_terms=settings.accept_gemma_terms)
    return str(model_folder(source, settings.cache_dir))


def _show(out: Output, summary: "TrainingSummary") -> None:
    from training.gate.describe import gate_line

    errors = summary.counts["error_rows"]
    errors_file = summary.workspace / ERRORS_FILE
    counts = table("Rows and categories", "what", "count")
    for name, count in summary.counts.items():
        counts.add_row(name.replace("_", " "), f"{count:,}")
    state = "was made from the same inputs and is kept" if summary.reused else "is ready"
    out.show(
        {
            "workspace": str(summary.workspace),
            "reused": summary.reused,
            "encoder": summary.encoder,
            "note": summary.note,
            "counts": dict(summary.counts),
            "gate": summary.gate.model_dump(mode="json"),
            "gate_line": gate_line(summary.gate),
            "errors_file": str(errors_file),
        },
        f"The workspace {summary.workspace} {state}.",
        f"Encoder: {summary.encoder}. {summary.note}",
        counts,
        f"Gate: {gate_line(summary.gate)}",
        f"{errors:,} rows could not be used; they are listed in {errors_file}." if errors else "",
    )
