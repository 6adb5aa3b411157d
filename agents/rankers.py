"""From a strategy to the ranker that carries it out with a language model."""

from pathlib import Path

from agents.candidate_texts import CandidateTexts
from agents.definitions.backends import in_memory, open_backend
from agents.likelihood import LikelihoodRanker
from agents.llm.factory import LLM
from agents.localized import LocalPrompts
from agents.names import DescriptiveNames, NameStore
from agents.prompted import PromptedRanker
from agents.ranker import Ranker
from agents.strategies import DEFAULTS, STRATEGIES, Strategy, strategy_of
from prompts.loader import load_prompt
from prompts.source import LIKELIHOOD

EXPLAIN_PROMPT = "general_expert/explain"
NAME_PROMPT = "general_expert/category_name"


def build_ranker(
    llm: LLM,
    strategy: str | None = None,
    *,
    prompt: str | None = None,
    overlay: Path | None = None,
    names: Path | str | None = None,
) -> Ranker:
    """The ranker of a strategy.

    Args:
        strategy: as `agents.strategies.strategy_of` reads it; None takes that of the prompt, and without one
            how the model ranks best.
        prompt: to ask with, whose output decides what is asked; None takes the strategy's own, newest
            version.
        overlay: folder of the user's own prompts.
        names: where descriptive names are kept, as `agents.definitions.backends.open_backend` reads it; None
            keeps them in memory.

    Raises:
        SettingsError: there is no such strategy, or the model cannot rank by it.
        PromptError: a prompt cannot be used.
        WorkspaceError: the file of the names cannot be used.
    """
    chosen = strategy_of(strategy or _asking(prompt) or DEFAULTS[llm.strategy])
    prompts = LocalPrompts.load(prompt or chosen.prompt, overlay)
    texts = _texts(llm, chosen, overlay, names)
    if prompts.base.front_matter.output == LIKELIHOOD:
        explain = load_prompt(EXPLAIN_PROMPT, overlay=overlay)
        return LikelihoodRanker(llm, chosen, prompts, texts, explain)
    return PromptedRanker(llm, chosen, prompts, texts)


def _asking(prompt: str | None) -> str | None:
    """The strategy that a prompt, with or without version, belongs to."""
    name = (prompt or "").split(".")[0]
    return next((s.name for s in STRATEGIES.values() if s.prompt == name), None)


def _texts(llm: LLM, strategy: Strategy, overlay: Path | None, names: Path | str | None) -> CandidateTexts:
    if strategy.shown != "name":
        return CandidateTexts(strategy.shown)
    store = NameStore(open_backend(names) if names else in_memory())
    return CandidateTexts("name", DescriptiveNames(llm, store, LocalPrompts.load(NAME_PROMPT, overlay)))
