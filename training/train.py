"""From a labelled catalog, a taxonomy, or both, to a workspace."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import numpy as np

from catalog.errors import CatalogError, WorkspaceError
from catalog.progress import Progress
from retrieval.encoder.choose import choose_encoder
from retrieval.encoder.load import load_encoder
from retrieval.gate import Gate
from retrieval.workspace import (
    DEFINITIONS,
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    Workspace,
    building_folder,
    file_hash,
    inputs_of,
    library_versions,
    replacing,
)
from training.dataset import Dataset, load_dataset
from training.gate.first import first_gate
from training.levels import level_answers
from training.recipe import Recipe
from training.rows import LabelledRows, labelled_rows
from training.selector.train import train_selector, untrained
from training.sources import FROM_TAXONOMY
from training.steps import embed, fine_tune, fit_across, fit_on_validation
from training.write import Trained, write_workspace

_BEGUN = "begun.json"


@dataclass(frozen=True)
class TrainingJob:
    """What `train` is asked for.

    Attributes:
        catalog: None starts from the taxonomy alone.
        columns: our column name to the catalog's.
        split: file of product ids and parts; None divides by `recipe.validation_share`.
        taxonomy: file of a taxonomy; None derives it from the labels.
        corrections: file of labels that a person has put right.
        language_model: what `load_encoder` takes for the one that a selector may start from.
        force: train even when the workspace was made from the same inputs.
    """

    catalog: Path | None
    workspace: Path
    recipe: Recipe
    columns: Mapping[str, str]
    split: Path | None = None
    taxonomy: Path | None = None
    corrections: Path | None = None
    language_model: str | None = None
    device: str = "auto"
    threads: int | None = None
    force: bool = False


@dataclass(frozen=True)
class TrainingSummary:
    """Attributes:
    reused: the workspace that stood there was made from the same inputs.
    counts: among them `error_rows`, the rows left out, which `training_errors.jsonl` lists.
    """

    workspace: Path
    reused: bool
    encoder: str
    note: str
    counts: Mapping[str, int]
    gate: Gate


def train(job: TrainingJob, progress: Progress) -> TrainingSummary:
    """Train a domain expert and write its workspace, whole or not at all.

    A killed run goes on from its last checkpoint when called again with the same inputs.

    Raises:
        CatalogError, TaxonomyError, EncoderError: the input cannot be trained on.
        WorkspaceError: something else stands in the workspace's place.
    """
    inputs = _inputs(job)
    if not job.force and inputs_of(job.workspace) == inputs:
        return _summary(Workspace(job.workspace), reused=True)
    _refuse_foreign_folder(job.workspace)
    data = load_dataset(
        job.catalog,
        columns=job.columns,
        split=job.split,
        taxonomy=job.taxonomy,
        corrections=job.corrections,
        validation_share=job.recipe.validation_share,
        hold_out=not job.recipe.cross_fit,
        seed=job.recipe.seed,
        progress=progress,
    )
    _keep_checkpoint_of_same_inputs(building_folder(job.workspace), inputs)
    with replacing(job.workspace) as folder:
        _build(folder, job, data, inputs, progress)
    return _summary(Workspace(job.workspace), reused=False)


def _build(folder: Path, job: TrainingJob, data: Dataset, inputs: dict[str, str], progress: Progress) -> None:
    recipe = job.recipe
    spec, note = _encoder_choice(recipe.encoder, data)
    progress.say(note)
    encoder = load_encoder(spec, device=job.device, max_tokens=recipe.max_tokens, threads=job.threads)
    if recipe.selector is not None:
        untrained(recipe.selector, encoder, job.language_model)  # refuses an unfit one before the long work
    rows = labelled_rows(data)
    _refuse_one_category(recipe, rows)
    checkpoint = folder / "checkpoint"
    head = None
    if recipe.fine_tuning is not None:
        head = fine_tune(encoder, recipe.fine_tuning, rows, data.taxonomy, recipe, checkpoint, progress)
    embedded = embed(encoder, spec, head, rows, data.taxonomy, recipe, checkpoint, progress)
    recall = embedded.recall()
    if recipe.cross_fit:
        fitted = fit_across(embedded, recall, data, recipe, progress)
    else:
        fitted = fit_on_validation(encoder, recall, data, recipe, progress)
    held_out, levels = level_answers(fitted, data)
    gate = first_gate(fitted, held_out, recipe)
    selector = None
    if recipe.selector is not None:
        selector = train_selector(
            recipe.selector,
            encoder,
            spec,
            rows,
            recall,
            data.taxonomy,
            seed=recipe.seed,
            checkpoint=checkpoint / "selector",
            progress=progress,
            language_model=job.language_model,
        )
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=spec,
        language_note=note,
        inputs=inputs,
        counts={
            "categories": len(data.taxonomy),
            "categories_trained": len(np.unique(rows.positions)),
            "train": len(data.train),
            "validation": len(fitted.right),
            "error_rows": len(data.errors),
        },
        libraries=library_versions(),
        files={},
    )
    rmtree(checkpoint, ignore_errors=True)
    (folder / _BEGUN).unlink()
    trained = Trained(recipe, encoder, recall, data, rows, fitted, gate, levels, held_out, selector)
    write_workspace(folder, trained, manifest)
    _carry_definitions(job.workspace, folder)


def _inputs(job: TrainingJob) -> dict[str, str]:
    files = {
        "catalog": job.catalog,
        "split": job.split,
        "taxonomy": job.taxonomy,
        "corrections": job.corrections,
    }
    hashes = {name: _content_hash(path) for name, path in files.items() if path is not None}
    return {
        **hashes,
        "recipe": job.recipe.model_dump_json(),
        **({"language_model": job.language_model} if job.language_model else {}),
        "columns": json.dumps(dict(job.columns), sort_keys=True),
    }


def _content_hash(path: Path) -> str:
    """Of a file, or of all files in a folder; a missing one is for the reader to report."""
    if path.is_dir():
        parts = [file_hash(p) for p in sorted(path.rglob("*")) if p.is_file()]
        return sha256("".join(parts).encode()).hexdigest()
    return file_hash(path) if path.is_file() else "missing"


def _encoder_choice(encoder: str, data: Dataset) -> tuple[str, str]:
    """By the products' language; without products by that of all names in the taxonomy."""
    if encoder != "auto":
        return encoder, f"encoder {encoder!r}, as asked"
    if data.train:
        return choose_encoder([p.locale for p in data.train], [p.title for p in data.train])
    own = [("", category.leaf) for category in data.taxonomy.categories]
    others = [pair for category in data.taxonomy.categories for pair in category.names.items()]
    locales, names = zip(*own, *others, strict=True)
    spec, note = choose_encoder(locales, names)
    return spec, f"There are no products, so the names of the categories stand in for titles. {note}"


def _refuse_one_category(recipe: Recipe, rows: LabelledRows) -> None:
    if set(recipe.sources) <= set(FROM_TAXONOMY) or len(np.unique(rows.positions)) > 1:
        return
    raise CatalogError(
        f"The recipe {recipe.name!r} learns from labelled rows, and there are {len(rows.texts)} of them in "
        "fewer than two categories.",
        fix="Label products of two categories, or start with `--recipe zero-shot`.",
    )


def _refuse_foreign_folder(folder: Path) -> None:
    """Never replace a folder that is not a workspace."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise WorkspaceError(f"`{folder}` is not empty and not a workspace.", fix="Name another folder.")
    if folder.is_file():
        raise WorkspaceError(f"`{folder}` is a file.", fix="Name a folder.")


def _keep_checkpoint_of_same_inputs(building: Path, inputs: Mapping[str, str]) -> None:
    """A half-built workspace is continued only when it was begun from the same inputs."""
    note = building / _BEGUN
    begun = json.dumps(dict(inputs), sort_keys=True)
    if not note.is_file() or note.read_text("utf-8") != begun:
        rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        note.write_text(begun, "utf-8")


def _carry_definitions(old: Path, new: Path) -> None:
    """Definitions cost model calls; each record knows by its hash whether it must be rewritten."""
    if (old / DEFINITIONS).is_file():
        (new / DEFINITIONS).write_bytes((old / DEFINITIONS).read_bytes())


def _summary(workspace: Workspace, *, reused: bool) -> TrainingSummary:
    manifest = workspace.manifest
    return TrainingSummary(
        workspace=workspace.folder,
        reused=reused,
        encoder=manifest.encoder,
        note=manifest.language_note,
        counts=manifest.counts,
        gate=workspace.gate(),
    )
