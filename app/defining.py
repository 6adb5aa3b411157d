"""Definitions of a workspace's categories, and what became of each."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.case import Definition
from agents.domain_expert import DomainExpert
from agents.summarizer.summarizer import Outcome
from app.definition_evidence import Evidence, evidence_of
from app.opening import open_llm
from catalog.progress import Progress
from catalog.settings import Settings
from graph.open import open_summarizer
from retrieval.workspace import Workspace


@dataclass(frozen=True)
class Defined:
    """Attributes:
    outcomes: of the categories that were reached, in the order asked for.
    wanted: how many were asked for.
    place: where the definitions lie.
    evidence: where one category was asked for.
    """

    outcomes: list[Outcome]
    wanted: int
    place: str
    evidence: Evidence | None

    def count(self, done: str) -> int:
        """Categories with this outcome; see `agents.summarizer.summarizer.Outcome`."""
        return sum(outcome.done == done for outcome in self.outcomes)

    @property
    def definitions(self) -> list[Definition]:
        """In use now."""
        return [outcome.definition for outcome in self.outcomes]

    @property
    def extractive(self) -> int:
        """How many of all are made of the category's own words, without a model's text."""
        return sum(d.method == "extractive" for d in self.definitions)

    @property
    def stopped(self) -> bool:
        return len(self.outcomes) < self.wanted


def define_categories(
    folder: Path,
    settings: Settings,
    prompts: Path | None,
    categories: Sequence[str],
    *,
    refresh: bool,
    progress: Progress,
    stop: threading.Event | None = None,
) -> Defined:
    """Write the definitions of these categories.

    Args:
        categories: by path or id; none given means all.
        stop: when set, what is being written is finished and no other begun.

    Raises:
        WorkspaceError, PromptError, LLMUnavailable: something cannot be opened.
        TaxonomyError: a category is not in the taxonomy.
    """
    workspace = Workspace(folder)
    llm = open_llm(settings, progress)
    with progress.task("opening the workspace", None):
        expert = DomainExpert.open(workspace, device=settings.device, threads=settings.threads)
        summarizer = open_summarizer(workspace, expert, llm, prompts, settings.definitions_location)
    taxonomy = expert.taxonomy
    positions = [taxonomy.require(c) for c in categories] or range(len(taxonomy))
    ids = [taxonomy[i].category_id for i in dict.fromkeys(positions)]
    outcomes = summarizer(ids, refresh=refresh, progress=progress, stop=stop)
    shown = outcomes[0].definition if len(ids) == len(outcomes) == 1 else None
    evidence = evidence_of(shown, workspace, taxonomy) if shown else None
    return Defined(outcomes, len(ids), summarizer.store.place, evidence)
