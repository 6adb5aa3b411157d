"""Open a workspace and a language model as the experts of a graph."""

from dataclasses import dataclass, field
from pathlib import Path

from agents.definitions import DefinitionStore
from agents.domain_expert import DomainExpert
from agents.fusion import Fusions
from agents.general_expert import GeneralExpert
from agents.llm.factory import LLM, build_llm
from agents.ranker import Ranker
from agents.rankers import EXPLAIN_PROMPT, build_ranker
from agents.selector import Selector, SelectorRanker
from agents.summarizer import Evidence, Summarizer
from agents.ties import TieRule
from catalog.errors import SettingsError, WorkspaceError
from catalog.settings import NO_LLM, SELECTOR_LLM, Settings
from graph.context import Experts
from graph.levels import LevelReader
from prompts.loader import load_prompt
from retrieval.gate import Gate
from retrieval.levels import FILE as LEVELS
from retrieval.levels import LevelModel, Levels
from retrieval.pairs.pair_encoder import PairEncoder
from retrieval.workspace import DEFINITIONS, GENERAL, SELECTOR, Workspace

__all__ = ["DEFINITION_PROMPT", "EXPLAIN_PROMPT", "Opening", "llm_from_settings", "open_experts"]

DEFINITION_PROMPT = "summarizer/definition"


def llm_from_settings(settings: Settings) -> LLM | None:
    """The language model that the settings name; None for `none` and `selector`.

    Raises:
        SettingsError, LLMUnavailable: it cannot be had; says why.
    """
    if settings.llm in (NO_LLM, SELECTOR_LLM):
        return None
    key = settings.llm_api_key
    return build_llm(
        settings.llm,
        base_url=settings.llm_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_s=settings.llm_timeout_s,
        max_retries=settings.llm_max_retries,
        threads=settings.threads,
        accept_gemma_terms=settings.accept_gemma_terms,
        max_concurrency=settings.llm_concurrency,
        cache_dir=settings.cache_dir,
        llm_cache=settings.llm_cache,
    )


@dataclass(frozen=True)
class Opening:
    """How to open.

    Attributes:
        llm: None leaves the general expert out; what the gate holds back goes to review.
        selector: the workspace's selector is the general expert, and there is no language model.
        strategy: as `agents.strategies.strategy_of` reads it; None takes the language model's own.
        prompt: of the general expert; None takes the strategy's, newest version.
        prompts: folder of the user's own prompts, before ours.
        definitions: SQLite file or Postgres URL; None takes the workspace's own file.
        keep_names: keep the descriptive names that a model writes beside the workspace's definitions.
        ties: when the general expert is asked again.
    """

    workspace: Path
    llm: LLM | None = None
    selector: bool = False
    strategy: str | None = None
    prompt: str | None = None
    prompts: Path | None = None
    device: str = "auto"
    threads: int | None = None
    fusions: Fusions | None = None
    definitions: str | None = None
    keep_names: bool = False
    ties: TieRule = field(default_factory=TieRule)


def open_experts(opening: Opening) -> Experts:
    """Load everything the graph's nodes call.

    Raises:
        WorkspaceError, PromptError, SettingsError: something cannot be opened; says what and how to mend it.
    """
    workspace = Workspace(opening.workspace)
    domain_expert = DomainExpert.open(workspace, device=opening.device, threads=opening.threads)
    return experts_over(opening, workspace, domain_expert)


def experts_over(opening: Opening, workspace: Workspace, domain_expert: DomainExpert) -> Experts:
    """`open_experts` with a domain expert that is open already; raises as that."""
    gate = workspace.gate()
    levels = _levels(workspace, domain_expert, gate)
    if opening.selector:
        ranker = _selector(opening, workspace, domain_expert)
        general_expert = _general_expert(opening, workspace, ranker)
        return Experts(domain_expert, gate, general_expert=general_expert, levels=levels)
    if opening.llm is None:
        return Experts(domain_expert, gate, levels=levels)
    return Experts(
        domain_expert,
        gate,
        summarizer=open_summarizer(
            workspace, domain_expert, opening.llm, opening.prompts, opening.definitions
        ),
        general_expert=_general_expert(opening, workspace, _ranker(opening, workspace, opening.llm)),
        levels=levels,
    )


def _levels(workspace: Workspace, domain_expert: DomainExpert, gate: Gate) -> LevelReader | None:
    model = LevelModel.load(workspace.path(LEVELS))
    return None if model is None else LevelReader(Levels(domain_expert.taxonomy, model), gate)


def open_summarizer(
    workspace: Workspace,
    domain_expert: DomainExpert,
    llm: LLM | None,
    prompts: Path | None = None,
    definitions: str | None = None,
) -> Summarizer:
    """The summarizer over the workspace's definitions, or those in another place.

    Raises:
        WorkspaceError: the definitions cannot be opened.
        PromptError: the prompt cannot be loaded.
    """
    store = DefinitionStore.open(definitions or workspace.path(DEFINITIONS))
    prompt = load_prompt(DEFINITION_PROMPT, overlay=prompts)
    return Summarizer(llm, store, Evidence.open(workspace, domain_expert), prompt)


def _general_expert(opening: Opening, workspace: Workspace, ranker: Ranker) -> GeneralExpert:
    fusions = opening.fusions or Fusions.load(workspace.path(GENERAL))
    return GeneralExpert(ranker, fusions, opening.ties)


def _ranker(opening: Opening, workspace: Workspace, llm: LLM) -> Ranker:
    return build_ranker(
        llm,
        opening.strategy,
        prompt=opening.prompt,
        overlay=opening.prompts,
        names=(opening.definitions or workspace.path(DEFINITIONS)) if opening.keep_names else None,
    )


def _selector(opening: Opening, workspace: Workspace, domain_expert: DomainExpert) -> SelectorRanker:
    if opening.strategy not in (None, "selector"):
        raise SettingsError(
            f"The selector cannot rank by {opening.strategy!r}.", fix="Leave `--strategy` out."
        )
    folder = workspace.path(SELECTOR)
    if not folder.is_dir():
        raise WorkspaceError(
            f"`{workspace.folder}` has no selector.", fix="Train it with `--recipe selector`."
        )
    return SelectorRanker(Selector(PairEncoder.load(folder, device=opening.device), domain_expert))
