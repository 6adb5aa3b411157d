"""Definitions of a workspace's categories, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.case import Definition
from agents.definitions import DefinitionStore
from agents.domain_expert import DomainExpert
from app.opening import open_llm
from catalog.progress import Progress
from catalog.settings import Settings
from graph.open import open_summarizer
from retrieval.workspace import DEFINITIONS, Workspace


@dataclass(frozen=True)
class Evidence:
    """What a definition was written from, in words."""

    terms: tuple[str, ...]
    examples: tuple[str, ...]
    siblings: tuple[str, ...]


@dataclass(frozen=True)
class Defined:
    """Attributes:
    definitions: in the order asked for.
    written, kept: how many were written now, and how many stood already.
    extractive: how many of all are made of the category's own words, without a model's text.
    unanswered: how many the model gave no answer to; they are not stored and are tried again next time.
    evidence: of each definition.
    """

    definitions: list[Definition]
    written: int
    kept: int
    extractive: int
    unanswered: int
    file: Path
    evidence: list[Evidence]


def define_categories(
    folder: Path,
    settings: Settings,
    prompts: Path | None,
    categories: Sequence[str],
    *,
    refresh: bool,
    progress: Progress,
) -> Defined:
    """Write the definitions of these categories.

    Args:
        categories: by path or id; none given means all.

    Raises:
        WorkspaceError, PromptError, LLMUnavailable: something cannot be opened.
        TaxonomyError: a category is not in the taxonomy.
    """
    workspace = Workspace(folder)
    llm = open_llm(settings, progress)
    with progress.task("opening the workspace", None):
        expert = DomainExpert.open(workspace, device=settings.device, threads=settings.threads)
        summarizer = open_summarizer(workspace, expert, llm, prompts)
    taxonomy = expert.taxonomy
    positions = [taxonomy.require(c) for c in categories] or range(len(taxonomy))
    ids = [taxonomy[i].category_id for i in positions]
    before = _stored(workspace, ids)
    definitions = summarizer(ids, refresh=refresh, progress=progress)
    after = _stored(workspace, ids)
    kept = sum(before.get(d.category_id) == d for d in definitions)
    unanswered = sum(after.get(d.category_id) != d for d in definitions)
    return Defined(
        definitions=definitions,
        written=len(definitions) - kept - unanswered,
        kept=kept,
        extractive=sum(d.method == "extractive" for d in definitions),
        unanswered=unanswered,
        file=workspace.path(DEFINITIONS),
        evidence=[_evidence(d, expert) for d in definitions],
    )


def _stored(workspace: Workspace, ids: Sequence[str]) -> dict[str, Definition]:
    """What the file holds now; a store that is open remembers what it read, so it is opened anew."""
    return DefinitionStore.open(workspace.path(DEFINITIONS)).get(ids)


def _evidence(definition: Definition, expert: DomainExpert) -> Evidence:
    titles = dict(zip(expert.examples.product_ids, expert.examples.titles, strict=True))
    taxonomy = expert.taxonomy
    return Evidence(
        terms=definition.terms,
        examples=tuple(titles[i] for i in definition.example_ids if i in titles),
        siblings=tuple(taxonomy[taxonomy.require(i)].category_path for i in definition.sibling_ids),
    )
