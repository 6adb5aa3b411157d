"""A session: one thread of talk about products, without any user interface."""

from typing import TYPE_CHECKING

from agents.case import Definition
from app.chat.changes import Change
from app.chat.contest import among_candidates, stand
from app.chat.outcomes import outcome_of
from app.chat.reasons import judged
from app.chat.records import (
    Comparison,
    Contest,
    DefinitionEdit,
    Outcome,
    RunSettings,
    Standing,
    ThreadInfo,
    Turn,
)
from app.chat.runs import Listener, Ran, TracedGraph
from app.chat.threads import utc_now
from catalog.errors import SettingsError
from catalog.product import Product
from graph.context import Context
from review.categories import find_category

if TYPE_CHECKING:
    from app.chat.chats import Chats


class Session:
    """One thread; its operations return records and keep what they did. Not for several threads at once."""

    def __init__(self, chats: "Chats", thread: ThreadInfo) -> None:
        self.chats = chats
        self.thread = thread

    @property
    def stale(self) -> bool:
        """Whether the workspace was trained or gated anew since the thread began: forks start over."""
        return self.thread.fingerprint != self.chats.pool.workspace.fingerprint

    @property
    def current(self) -> Outcome:
        """The outcome that is talked about.

        Raises:
            SettingsError: there is none yet.
        """
        if not self.thread.current:
            raise SettingsError("There is no product yet.", fix="Paste one first.")
        return self.outcome(self.thread.current[-1])

    def outcome(self, number: int) -> Outcome:
        """One outcome of the thread; raises SettingsError when there is none with this number."""
        return self.chats.store.outcome(self.thread.thread_id, number)

    def classify(self, product: Product, listen: Listener = lambda _: None) -> Outcome:
        """Put a product into its category; it becomes the current one."""
        run = self.chats.run
        ran = self._graph(run).start(f"{self.thread.thread_id}-{self._next}", product, _context(run), listen)
        title = self.thread.title or product.title
        return self._current(self._keep(ran, run), title=title)

    def what_if(self, change: Change, listen: Listener = lambda _: None) -> Comparison:
        """Run again what a change touches, from a fork of the current outcome, which it replaces.

        Raises:
            SettingsError, PromptError, LLMUnavailable: it changes nothing, or cannot be tried.
        """
        before = self.current
        product, run = change.of_product(before.product), change.of_settings(before.settings)
        if (product, run) == (before.product, before.settings):
            raise SettingsError(f"{change} is what holds already.", fix="Change another value.")
        graph = self._graph(run)
        if graph.experts.general_expert is None and {"prompt", "strategy"} & set(change.settings):
            raise SettingsError("There is no general expert to prompt.", fix="Name one with `model = …`.")
        ran = self._fork(graph, before, product if not change.reroutes else None, run, listen)
        after = self._current(self._keep(ran, run, before, str(change)))
        return compared(before, after)

    def why_not(self, category: str, listen: Listener = lambda _: None) -> Contest:
        """Put a category among the candidates and see where it loses; the current outcome stays.

        Args:
            category: its path, id, unambiguous leaf, or its number among the candidates shown.

        Raises:
            SettingsError: there is no product yet.
            TaxonomyError: no such category.
        """
        before = self.current
        taxonomy = self.chats.pool.domain_expert.taxonomy
        asked = taxonomy.require(self.category(category))
        winner = taxonomy.require(before.verdict.category_path)
        run = before.settings
        found = stand(self.chats.pool.domain_expert, before.product, asked, winner, run.top_k)
        after = self._deliberated_with(before, found.asked, listen) if asked != winner else None
        texts = self.chats.pool.definitions.get([found.asked.category_id, found.winner.category_id])
        return judged(before, found, after, {i: d.text for i, d in texts.items()})

    def definition(self, category: str) -> Definition:
        """The definition of a category.

        Raises:
            TaxonomyError: no such category.
            SettingsError: none is written yet.
        """
        path = self.category(category)
        found = self._definition(path)
        if found is None:
            fix = "Write one with `/edit-definition`, or run `dual-expert define`."
            raise SettingsError(f"{path!r} has no definition yet.", fix=fix)
        return found

    def edit_definition(self, category: str, text: str, listen: Listener = lambda _: None) -> DefinitionEdit:
        """Write a definition by hand; where the current product was deliberated, it is so again.

        Raises:
            TaxonomyError: no such category.
            SettingsError: the text is empty or too long.
        """
        path = self.category(category)
        standing = self._definition(path)
        definition = self.chats.pool.desk.edit(path, text, self.chats.files.reviewer).current
        before = self.current if self.thread.current else None
        if before is None or not before.verdict.model:
            return DefinitionEdit(before=standing, after=definition)
        ran = self._fork(self._graph(before.settings), before, None, before.settings, listen)
        outcome = self._keep(ran, before.settings, before, f"definition of {path} edited", standing)
        return DefinitionEdit(
            before=standing, after=definition, comparison=compared(before, self._current(outcome))
        )

    @property
    def prompt(self) -> str:
        """Name and version of the general expert's prompt; empty without a product or a prompt."""
        if not self.thread.current:
            return ""
        expert = self.chats.pool.experts(self.current.settings).general_expert
        return expert.prompt if expert else ""

    def undo(self) -> Outcome:
        """Go back to the outcome before; an edited definition is put back too.

        Raises:
            SettingsError: there is nothing to undo.
        """
        if len(self.thread.current) < 2:
            raise SettingsError("There is nothing to undo.", fix="Change something with `/what-if` first.")
        undone = self.current
        if undone.replaced is not None:
            replaced, reviewer = undone.replaced, self.chats.files.reviewer
            self.chats.pool.desk.approve(replaced.category_path, reviewer, replaced.version)
        self._save(current=self.thread.current[:-1])
        return self.current

    def turns(self) -> list[Turn]:
        """The history, in its order."""
        return self.chats.store.turns(self.thread.thread_id)

    def record(self, said: str, kind: str, summary: str) -> Turn:
        """Keep a turn."""
        turn = Turn(
            number=self.thread.turns + 1,
            said=said,
            kind=kind,
            summary=summary,
            outcome=self.thread.current[-1] if self.thread.current else None,
            time=utc_now(),
        )
        self.chats.store.add_turn(self.thread.thread_id, turn)
        self._save(turns=turn.number)
        return turn

    def category(self, typed: str) -> str:
        """Path of a category by path, id, unambiguous leaf, or number among the current candidates.

        Raises:
            TaxonomyError: no such category.
        """
        number = typed.strip().removeprefix("#")
        candidates = self.current.verdict.candidates if self.thread.current else ()
        if number.isdecimal() and 1 <= int(number) <= len(candidates):
            return candidates[int(number) - 1].category_path
        return find_category(typed, self.chats.categories)

    @property
    def _next(self) -> int:
        return self.thread.outcomes + 1

    def _graph(self, run: RunSettings) -> TracedGraph:
        pool = self.chats.pool
        return TracedGraph(pool.experts(run), self.chats.storage.checkpointer, pool.settings.llm_concurrency)

    def _fork(
        self, graph: TracedGraph, before: Outcome, product: Product | None, run: RunSettings, listen: Listener
    ) -> Ran:
        """From behind `recommend` where the product and its recommendation stay, else from the start."""
        same_k = run.top_k == before.settings.top_k
        if product is None and same_k and not self.stale:
            return graph.reroute(before.trace, None, _context(run), listen)
        return graph.restart(before.trace, product or before.product, _context(run), listen)

    def _deliberated_with(self, before: Outcome, asked: Standing, listen: Listener) -> Outcome | None:
        """The outcome with a category among the candidates that the general expert saw; None where the gate
        accepted or there is no general expert. It does not become the current one."""
        graph = self._graph(before.settings)
        if graph.experts.general_expert is None or before.gate.accepted:
            return None
        recommendation = graph.recommendation(before.trace)
        joined = among_candidates(recommendation, asked)
        if before.verdict.model and joined == recommendation:
            return before
        ran = graph.reroute(before.trace, joined, _context(before.settings), listen)
        return self._keep(ran, before.settings, before, f"{asked.category_path} among the candidates")

    def _keep(
        self,
        ran: Ran,
        run: RunSettings,
        parent: Outcome | None = None,
        change: str = "",
        replaced: Definition | None = None,
    ) -> Outcome:
        gate = self._graph(run).experts.gate
        made = outcome_of(self._next, ran, run, gate, self.chats.prices)
        linked = {"parent": parent.number if parent else None, "change": change, "replaced": replaced}
        outcome = made.model_copy(update=linked)
        self.chats.store.add_outcome(self.thread.thread_id, outcome)
        self._save(outcomes=outcome.number)
        return outcome

    def _current(self, outcome: Outcome, **more: object) -> Outcome:
        self._save(current=(*self.thread.current, outcome.number), **more)
        return outcome

    def _save(self, **changes: object) -> None:
        self.thread = self.thread.model_copy(update={**changes, "updated": utc_now()})
        self.chats.store.save(self.thread)

    def _definition(self, path: str) -> Definition | None:
        taxonomy = self.chats.pool.domain_expert.taxonomy
        category_id = taxonomy[taxonomy.require(path)].category_id
        return self.chats.pool.definitions.get([category_id]).get(category_id)


def compared(before: Outcome, after: Outcome) -> Comparison:
    """Side by side: which nodes ran again, and whose work was taken over."""
    ran = tuple(step.node for step in after.steps)
    kept = tuple(step.node for step in before.steps if step.node == "recommend" and "recommend" not in ran)
    return Comparison(before=before, after=after, ran=ran, kept=kept)


def _context(run: RunSettings) -> Context:
    return Context(top_k=run.top_k, threshold=run.threshold)
