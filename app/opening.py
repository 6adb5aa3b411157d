"""From settings to the opened workspace, language model and graph; slow, so it says what it does."""

from dataclasses import dataclass
from pathlib import Path

from agents.llm.factory import LLM
from agents.ties import TieRule
from catalog.progress import Progress
from catalog.settings import SELECTOR_LLM, Settings
from graph.context import Experts
from graph.open import Opening, llm_from_settings, open_experts
from retrieval.workspace import Workspace


@dataclass(frozen=True)
class Opened:
    """A workspace with everything that a run needs.

    Attributes:
        llm: None without a language model: there is no general expert, or it is the selector.
        prompts: folder of the user's own prompts.
    """

    workspace: Workspace
    experts: Experts
    llm: LLM | None
    prompts: Path | None


def open_all(folder: Path, settings: Settings, prompts: Path | None, progress: Progress) -> Opened:
    """Open a workspace and the experts over it.

    Raises:
        WorkspaceError, PromptError, SettingsError, LLMUnavailable: something cannot be opened.
    """
    workspace = Workspace(folder)
    llm = open_llm(settings, progress)
    opening = Opening(
        folder,
        llm=llm,
        selector=settings.llm == SELECTOR_LLM,
        strategy=strategy_of(settings),
        prompts=prompts,
        device=settings.device,
        threads=settings.threads,
        definitions=settings.definitions_location,
        keep_names=True,
        ties=ties_of(settings),
    )
    with progress.task("opening the workspace", None):
        return Opened(workspace, open_experts(opening), llm, prompts)


def open_llm(settings: Settings, progress: Progress) -> LLM | None:
    """The language model of the settings; None for `none` and `selector`.

    Raises:
        SettingsError, LLMUnavailable: it cannot be had; says why.
    """
    with progress.task(f"opening the language model {settings.llm}", None):
        return llm_from_settings(settings)


def strategy_of(settings: Settings) -> str | None:
    """None leaves the choice to the model."""
    return None if settings.strategy == "auto" else settings.strategy


def ties_of(settings: Settings) -> TieRule:
    """When the general expert is asked again."""
    return TieRule(settings.tie_margin, settings.extra_calls)
