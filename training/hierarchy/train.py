"""From labelled rows to the two levels of DHPC."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from catalog.product import Product
from catalog.progress import Progress
from retrieval.encoder.load import load_encoder
from retrieval.encoder.precision import Precision
from retrieval.sources.hierarchy.features import refuse_unfit
from retrieval.sources.hierarchy.level import Level
from retrieval.sources.hierarchy.network import LevelNetwork
from retrieval.sources.hierarchy.record import Architecture, LevelRecord
from retrieval.sources.hierarchy.source import HierarchySource
from retrieval.taxonomy import Taxonomy
from training.finetune import vocabulary_too_large
from training.hierarchy.objective import LevelObjective, decision
from training.hierarchy.plan import Task, make_plan
from training.hierarchy.rows import LevelRows
from training.hierarchy.settings import Hierarchy, LevelSettings
from training.loop import Loop
from training.schedule import Schedule

Ints = npt.NDArray[np.int64]

_FINISHED = "finished"


def train_hierarchy(
    products: Sequence[Product],
    positions: Ints,
    taxonomy: Taxonomy,
    settings: Hierarchy,
    schedule: Schedule,
    *,
    encoder_spec: str,
    device: str | torch.device,
    max_tokens: int,
    seed: int,
    folder: Path,
    progress: Progress,
    precision: Precision = "auto",
) -> HierarchySource:
    """Train every level, the department's first, each by itself (section C).

    Args:
        products: n training rows; one with several right categories stands in several.
        positions: taxonomy position of each, (n,).
        encoder_spec: what `load_encoder` takes; every level starts from it.
        folder: a sub-folder a level holds its checkpoint, and what is finished; both are continued from.

    Raises:
        EncoderError: the encoder cannot be had, does not fit the architecture, or its training failed.
    """
    plan = make_plan(positions, taxonomy, settings.leaf_networks)
    run = _Run(
        products, positions, settings.architecture, schedule, encoder_spec, device, precision, max_tokens,
        seed, folder, progress,
    )  # fmt: skip
    department = run.level(plan.department, settings.department)
    return HierarchySource(plan.record, department, [run.level(task, settings.leaf) for task in plan.leaves])


@dataclass(frozen=True)
class _Run:
    products: Sequence[Product]
    positions: Ints
    architecture: Architecture
    schedule: Schedule
    encoder_spec: str
    device: str | torch.device
    precision: Precision
    max_tokens: int
    seed: int
    folder: Path
    progress: Progress

    def level(self, task: Task, settings: LevelSettings) -> Level:
        """Train a level, or read what an earlier run has finished."""
        folder = self.folder / task.name
        finished = folder / _FINISHED
        if not finished.is_dir():
            beside = folder / f"{_FINISHED}.writing"
            self._train(task, settings, folder).save(beside)
            os.replace(beside, finished)
        return Level.load(finished, device=self.device, precision=self.precision)

    def _train(self, task: Task, settings: LevelSettings, folder: Path) -> Level:
        level = self._fresh(task, settings)
        products = [self.products[row] for row in task.rows.tolist()]
        leaves = self.positions[task.rows]
        rows = LevelRows(task, products, leaves, settings, self.architecture, level.encoder, self.seed)
        level.encoder.open_vocabulary(rows.vocabulary)
        level.encoder.freeze_vocabulary(vocabulary_too_large(level.encoder))
        objective = LevelObjective(level, rows, task.groups, settings.loss, self.schedule)
        loop = self.schedule.loop(int(rows.counts.sum()), self.seed)
        Loop(objective, loop).run(folder, self.progress, name=f"training {task.name}")
        return level

    def _fresh(self, task: Task, settings: LevelSettings) -> Level:
        encoder = load_encoder(
            self.encoder_spec, device=self.device, max_tokens=self.max_tokens, precision=self.precision
        )
        refuse_unfit(encoder.module, self.architecture)
        if self.architecture.layers is not None:
            encoder.keep_layers(self.architecture.layers)
        torch.manual_seed(self.seed)
        network = LevelNetwork(encoder.module, len(task.paths), self.architecture)
        probability, temperature = decision(settings.loss)
        if probability == "sigmoid":
            network.start_rare()
        record = LevelRecord(
            architecture=self.architecture,
            classes=len(task.paths),
            probability=probability,
            temperature=temperature,
        )
        return Level(encoder, network.to(encoder.device), record)
