"""The experts for every setting that is tried: one encoder, a general expert for each model and prompt."""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agents.definitions import DefinitionDesk, DefinitionStore
from agents.domain_expert import DomainExpert
from agents.llm.factory import LLM
from app.chat.records import RunSettings
from app.opening import strategy_of, ties_of
from catalog.settings import SELECTOR_LLM, Settings, load_settings
from graph.context import Experts
from graph.open import Opening, experts_over, llm_from_settings
from retrieval.workspace import DEFINITIONS, Workspace


@dataclass(frozen=True)
class _Choice:
    """What a general expert depends on."""

    llm: str
    strategy: str
    prompt: str | None


class ExpertPool:
    """Opens what is asked for once and keeps it.

    Args:
        settings: of the command line; runs override their `llm` and `strategy`.
        prompts: folder of the user's own prompts.
    """

    def __init__(
        self, workspace: Workspace, domain_expert: DomainExpert, settings: Settings, prompts: Path | None
    ) -> None:
        self.workspace = workspace
        self.domain_expert = domain_expert
        self.settings = settings
        self.prompts = prompts
        self._llms: dict[str, LLM | None] = {}
        self._experts: dict[_Choice, Experts] = {}
        self._opening = threading.RLock()

    def experts(self, run: RunSettings) -> Experts:
        """The experts of a run.

        Raises:
            SettingsError, PromptError, LLMUnavailable: model, strategy or prompt cannot be had.
        """
        choice = _Choice(run.llm, run.strategy, run.prompt)
        with self._opening:
            if choice not in self._experts:
                self._experts[choice] = self._open(choice)
            return self._experts[choice]

    def llm(self, spec: str) -> LLM | None:
        """The language model of a spec; None for `none` and `selector`; raises as `experts`."""
        with self._opening:
            if spec not in self._llms:
                self._llms[spec] = llm_from_settings(self._settings(spec, "auto"))
            return self._llms[spec]

    @cached_property
    def definitions(self) -> DefinitionStore:
        """The workspace's."""
        return DefinitionStore.open(self.workspace.path(DEFINITIONS))

    @property
    def desk(self) -> DefinitionDesk:
        """Where people edit them."""
        return DefinitionDesk(self.definitions, self.domain_expert.taxonomy)

    def forget(self) -> None:
        """Read prompts and fusion weights again at the next run; models stay open."""
        with self._opening:
            self._experts.clear()

    def _open(self, choice: _Choice) -> Experts:
        settings = self._settings(choice.llm, choice.strategy)
        opening = Opening(
            self.workspace.folder,
            llm=self.llm(choice.llm),
            selector=choice.llm == SELECTOR_LLM,
            strategy=strategy_of(settings),
            prompt=choice.prompt,
            prompts=self.prompts,
            device=settings.device,
            threads=settings.threads,
            keep_names=True,
            ties=ties_of(settings),
        )
        return experts_over(opening, self.workspace, self.domain_expert)

    def _settings(self, llm: str, strategy: str) -> Settings:
        return load_settings(**{**dict(self.settings), "llm": llm, "strategy": strategy})
