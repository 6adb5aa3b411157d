"""The two agents that cost money, so that a batch counts what they take and asks nothing twice."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, cast

from agents.case import Case, Definition, Deliberation
from agents.general_expert import GeneralExpert
from agents.llm.usage import Usage, counting_usage
from agents.summarizer import Summarizer
from graph.batch.answers import AnswerLog, Paid, current_answers
from graph.batch.spending import Spending
from graph.context import Experts

_OUT_OF_MONEY = "not asked: the batch has reached its greatest cost"


def paying(experts: Experts, spending: Spending, defined: Collection[str]) -> Experts:
    """The experts, with what they ask counted in `spending` and kept in the chunk's answer log.

    Args:
        defined: categories whose definitions stand already, so that only others are paid for.
    """
    general, summarizer = experts.general_expert, experts.summarizer
    # What the graph calls of the two agents is here; the graph names their classes.
    return replace(
        experts,
        general_expert=general and cast(GeneralExpert, PayingExpert(general, spending)),
        summarizer=summarizer and cast(Summarizer, PayingSummarizer(summarizer, spending, defined)),
    )


class PayingExpert:
    """A general expert that answers from the log what it was asked before."""

    def __init__(self, expert: GeneralExpert, spending: Spending) -> None:
        self._expert = expert
        self._spending = spending

    def __getattr__(self, name: str) -> Any:
        return getattr(self._expert, name)

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        log = current_answers()
        key = question_key(case, log.salt if log else "", explain=explain)
        if log and (known := log.find(key)):
            return known
        with self._spending.asking() as allowed:
            return self._ask(case, log, key, explain=explain) if allowed else self._leave(case, log)

    def failed(self, case: Case, error: str) -> Deliberation:
        return self._expert.failed(case, error)

    def _ask(self, case: Case, log: AnswerLog | None, key: str, *, explain: bool) -> Deliberation:
        with counting_usage() as counter:
            try:
                deliberation = self._expert(case, explain=explain)
            except Exception:
                _pay(log, self._spending.charge(counter.usage))
                raise
        _pay(log, self._spending.charge(counter.usage), key, deliberation)
        return deliberation

    def _leave(self, case: Case, log: AnswerLog | None) -> Deliberation:
        if log:
            log.abandoned = True
        return self._expert.failed(case, _OUT_OF_MONEY)


class PayingSummarizer:
    """A summarizer whose newly written definitions are counted."""

    def __init__(self, summarizer: Summarizer, spending: Spending, defined: Collection[str]) -> None:
        self._summarizer = summarizer
        self._spending = spending
        self._defined = set(defined)
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._summarizer, name)

    def definitions(self, category_ids: Sequence[str]) -> list[Definition]:
        """Definitions of these categories in this order; missing ones are written now."""
        found = self._summarizer.definitions(category_ids)
        for definition in found:
            if self._is_new(definition):
                asked = bool(definition.tokens_in or definition.tokens_out)
                used = Usage(calls=asked, tokens_in=definition.tokens_in, tokens_out=definition.tokens_out)
                _pay(current_answers(), self._spending.charge(used))
        return found

    def _is_new(self, definition: Definition) -> bool:
        with self._lock:
            new = definition.category_id not in self._defined
            self._defined.add(definition.category_id)
        return new


def question_key(case: Case, salt: str, *, explain: bool) -> str:
    """Names what the general expert is asked: what it is shown, not the scores, which may differ by rounding
    between runs."""
    shown = case.recommendation
    parts = [
        salt,
        str(explain),
        case.product.model_dump_json(),
        *(candidate.category_id for candidate in shown.candidates),
        *(f"{n.product_id}\n{n.title}\n{n.category_path}" for n in shown.neighbours),
        *(f"{d.category_id}\n{d.version}\n{d.text}" for d in case.definitions),
    ]
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _pay(log: AnswerLog | None, paid: Paid, key: str = "", deliberation: Deliberation | None = None) -> None:
    if log and (paid.usage.calls or deliberation):
        log.add(paid, key, deliberation)
