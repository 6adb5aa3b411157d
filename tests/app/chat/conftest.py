"""Sessions over the small workspace, with an encoder that counts and a general expert made up of rules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents.case import Case, DefinitionRef, Deliberation, Reasoning
from agents.domain_expert import DomainExpert
from agents.llm.prices import load_prices
from app.chat.chats import Chats, Files
from app.chat.conversation import Conversation
from app.chat.experts import ExpertPool
from app.chat.lookup import CatalogLookup
from app.chat.records import RunSettings
from app.chat.runs import NodeEvent
from app.chat.session import Session
from app.chat.storage import open_storage
from catalog.settings import load_settings
from graph.context import Experts
from retrieval.workspace import Workspace
from tests.graph.stubs import StubSummarizer

BED = "Pet Supplies > Dogs > Dog Beds"
HOSES = "Garden > Watering > Garden Hoses"
COFFEE = "Grocery > Drinks > Coffee Beans"


@dataclass
class CountingEncoder:
    """The workspace's encoder; `calls` counts its passes."""

    encoder: Any
    calls: int = 0

    def encode(self, texts: Sequence[str]) -> Any:
        self.calls += 1
        return self.encoder.encode(texts)


@dataclass
class RuleExpert:
    """Puts the last candidate first, quotes the title and words of its own; for mechanics, not accuracy."""

    model: str
    prompt: str = "general_expert/rank.v1"
    cases: list[Case] = field(default_factory=list)

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        self.cases.append(case)
        candidates = case.recommendation.candidates
        rest = 0.4 / max(1, len(candidates) - 1)
        return Deliberation(
            scores=tuple(float(i) for i in range(len(candidates))),
            probabilities=(*[rest] * (len(candidates) - 1), 0.6),
            reasoning=Reasoning(
                clues=(case.product.title.split()[0], "made up"),
                user="owners",
                use_case="sleeping" if explain else "",
                ranking=tuple(c.category_id for c in reversed(candidates)),
                reason="the last one fits",
            ),
            definitions=tuple(
                DefinitionRef(category_id=d.category_id, version=d.version) for d in case.definitions
            ),
            prompt=self.prompt,
            model=self.model,
            tokens_in=10,
            tokens_out=5,
            flags=("none_fits",) if self.model == "hard-to-please" else (),
        )

    def failed(self, case: Case, error: str) -> Deliberation:
        raise AssertionError(f"{case}: {error}")


class RulePool(ExpertPool):
    """Knows the language models `none`, `rules`, `other-rules` and `hard-to-please`."""

    def _open(self, choice: Any) -> Experts:
        gate = self.workspace.gate()
        if choice.llm == "none":
            return Experts(self.domain_expert, gate)
        expert: Any = RuleExpert(choice.llm, choice.prompt or "general_expert/rank.v1")
        summarizer: Any = StubSummarizer()
        return Experts(self.domain_expert, gate, summarizer, expert)

    def llm(self, spec: str) -> Any:
        return None if spec == "none" else SimpleNamespace(name=spec)


@dataclass
class World:
    """An opened chat, and what it did."""

    chats: Chats
    encoder: CountingEncoder
    events: list[NodeEvent] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.chats.new()

    def talk(self, thread_id: str | None = None) -> Conversation:
        return Conversation(self.chats, thread_id)

    @property
    def nodes(self) -> list[str]:
        """That ended since the last look."""
        ended = [event.node for event in self.events if event.ended]
        self.events.clear()
        return ended


@pytest.fixture(scope="session")
def domain_expert(workspace_dir: Path) -> DomainExpert:
    return DomainExpert.open(Workspace(workspace_dir), device="cpu", threads=1)


Opener = Callable[..., Any]


@pytest.fixture
def opener(workspace_copy: Path, tmp_path: Path, domain_expert: DomainExpert, tiny_catalog: Path) -> Opener:
    """Opens the same database again and again; options override those of a run."""

    @contextmanager
    def open_world(prompts: Path | None = None, **run: Any) -> Iterator[World]:
        counting = CountingEncoder(domain_expert.encoder)
        encoder: Any = counting
        pool = RulePool(
            Workspace(workspace_copy), replace(domain_expert, encoder=encoder), load_settings(), prompts
        )
        with open_storage(str(tmp_path / "threads.sqlite")) as storage:
            chats = Chats(
                pool,
                storage,
                run=RunSettings(**{"llm": "none", "top_k": 3, **run}),
                prices=load_prices(),
                files=Files(tmp_path / "review.sqlite", tmp_path / "cases.jsonl", "Ann"),
                lookup=CatalogLookup(tiny_catalog, {}),
            )
            yield World(chats, counting)

    return open_world


@pytest.fixture
def world(opener: Opener) -> Iterator[World]:
    """Without a language model."""
    with opener() as opened:
        yield opened


@pytest.fixture
def deliberating(opener: Opener) -> Iterator[World]:
    """The gate accepts nothing, and rules are the general expert."""
    with opener(llm="rules", threshold=1.0) as opened:
        yield opened
