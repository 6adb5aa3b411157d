"""The graph with a language model that costs nothing, and what a sample shows when it goes through it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.definitions import DefinitionStore
from agents.llm.counting import TokenCounter
from agents.llm.factory import LLM
from agents.names import NameDraft
from agents.summarizer import DefinitionDraft, Evidence, Summarizer
from app.opening import Opened, strategy_of, ties_of
from app.running import GraphRunner
from catalog.chunks import chunked
from catalog.product import Product
from catalog.progress import Advance
from catalog.settings import Settings
from graph.batch.draws import Defining, Sampled
from graph.batch.rehearsal import RehearsalChat, RehearsalScorer, rehearsal_llm
from graph.context import Context, Experts
from graph.open import DEFINITION_PROMPT, Opening, open_experts
from graph.verdict import Verdict
from prompts.loader import load_prompt
from retrieval.workspace import Workspace

_CHUNK = 64
_ABREAST = 4
_MILLISECONDS = 1000
# What is written once a category, not once a product.
_NO_RANKING = frozenset({DefinitionDraft.__name__, NameDraft.__name__})


@dataclass
class Rehearsal:
    """Attributes:
    chat: what stands in for the language model; None where there is none.
    store: definitions, those that the rehearsal wrote too; nothing of it reaches the workspace.
    defined: ids of the categories whose definition stands.
    met: how often an uncertain product had each category without definition among its candidates.
    """

    opened: Opened
    chat: RehearsalChat | None = None
    store: DefinitionStore | None = None
    defined: Collection[str] = ()
    met: Counter[str] = field(default_factory=Counter)

    def verdicts(self, products: Sequence[Product], context: Context, advance: Advance) -> list[Verdict]:
        """What the graph says of these products, with made-up answers of the language model."""
        runner = GraphRunner.over(self.opened.experts, context, _ABREAST)
        found: list[Verdict] = []
        for some in chunked(products, _CHUNK):
            found += runner.verdicts(some, lambda _: None)
            advance(len(some))
        return found

    def defining(self) -> Defining:
        """The definitions that a batch would have to write."""
        if self.store is None:
            return Defining()
        ids = [c.category_id for c in self.opened.experts.domain_expert.taxonomy.categories]
        new = [d for i, d in self.store.get(ids).items() if i not in self.defined]
        return Defining(
            missing=len(ids) - len(self.defined),
            met=list(self.met.values()),
            tokens_in=sum(d.tokens_in for d in new) / max(1, len(new)),
            tokens_out=sum(d.tokens_out for d in new) / max(1, len(new)),
        )


def standing_in(
    folder: Path, llm: LLM, counter: TokenCounter, settings: Settings, prompts: Path | None
) -> Rehearsal:
    """Open a workspace with a stand-in for `llm`, which is only asked for its name and strategy."""
    stand_in, chat = rehearsal_llm(llm.name, llm.strategy, counter)
    opening = Opening(
        folder,
        llm=stand_in,
        strategy=strategy_of(settings),
        ties=ties_of(settings),
        prompts=prompts,
        device=settings.device,
        threads=settings.threads,
        definitions=settings.definitions_location,
    )
    experts, workspace = open_experts(opening), Workspace(folder)
    store, defined = _copied_definitions(experts)
    prompt = load_prompt(DEFINITION_PROMPT, overlay=prompts)
    summarizer = Summarizer(stand_in, store, Evidence.open(workspace, experts.domain_expert), prompt)
    opened = Opened(workspace, replace(experts, summarizer=summarizer), stand_in, prompts)
    return Rehearsal(opened, chat, store, defined)


def rehearsed(
    rehearsal: Rehearsal, products: Sequence[Product], context: Context, advance: Advance
) -> Sampled:
    """Send a sample through the graph and say what it took."""
    before = _counts(rehearsal)
    verdicts = rehearsal.verdicts(products, context, advance)
    asked = [verdict for verdict in verdicts if rehearsal.chat and verdict.model]
    for verdict in asked:
        ids = (candidate.category_id for candidate in verdict.candidates)
        rehearsal.met.update(i for i in ids if i not in rehearsal.defined)
    calls, shortest, usual, longest = (
        now - then for now, then in zip(_counts(rehearsal), before, strict=True)
    )
    milliseconds = sum(verdict.latency_ms["recommend"] for verdict in verdicts)
    return Sampled(
        products=len(products),
        uncertain=sum(verdict.status != "accepted" for verdict in verdicts),
        tokens_in=[verdict.tokens_in for verdict in asked],
        tokens_out=[verdict.tokens_out for verdict in asked],
        calls=calls / len(asked) if asked else 0.0,
        shortest=shortest / usual if usual else 1.0,
        longest=longest / usual if usual else 1.0,
        encode_seconds=milliseconds / _MILLISECONDS / max(1, len(products)),
    )


def _counts(rehearsal: Rehearsal) -> tuple[int, int, int, int]:
    """Requests that ranked, and tokens of the shortest, usual and longest answers."""
    chat, llm = rehearsal.chat, rehearsal.opened.llm
    if chat is None or llm is None:
        return 0, 0, 0, 0
    scored = llm.scorer.asked if isinstance(llm.scorer, RehearsalScorer) else 0
    asked = sum(n for schema, n in chat.asked.items() if schema not in _NO_RANKING)
    return asked + scored, *chat.written


def _copied_definitions(experts: Experts) -> tuple[DefinitionStore, Collection[str]]:
    """The definitions that stand, in memory, so that made-up ones stay out of them."""
    ids = [c.category_id for c in experts.domain_expert.taxonomy.categories]
    standing = experts.summarizer.store.get(ids) if experts.summarizer else {}
    return DefinitionStore.in_memory(standing.values()), frozenset(standing)
