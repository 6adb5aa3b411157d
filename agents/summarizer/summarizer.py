"""The summarizer: writes what is missing or outdated, several categories at once."""

import json
import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Literal

from agents.case import Definition
from agents.definitions.checks import failed_checks
from agents.definitions.history import now
from agents.definitions.store import DefinitionStore
from agents.llm.answer import ask
from agents.llm.factory import LLM
from agents.llm.usage import counting_usage
from agents.summarizer.brief import Brief
from agents.summarizer.draft import DefinitionDraft, extracted, written
from agents.summarizer.evidence import Evidence
from agents.summarizer.in_flight import InFlight
from agents.summarizer.languages import language
from catalog.errors import LLMAnswerError, LLMError
from catalog.progress import Progress, Silent
from prompts.loader import Prompt

logger = logging.getLogger(__name__)

UNANSWERED = "the model did not answer"
UNREADABLE = "no answer of the model can be read"

_LOOK_UP_SECONDS = 0.2


@dataclass(frozen=True)
class Outcome:
    """Attributes:
    definition: the one in use.
    done: `written` and in use, `proposed` as a draft beside a decided one, `kept` because nothing changed, or
        `unanswered` because the model cannot be reached; that is not stored, and the next run asks again.
    """

    definition: Definition
    done: Literal["written", "proposed", "kept", "unanswered"]


class Summarizer:
    """Callable on category ids.

    Args:
        llm: None writes extractive definitions only: distinguishing words, an example, siblings. As many
            categories are written at once as its limiter allows requests.
    """

    def __init__(self, llm: LLM | None, store: DefinitionStore, evidence: Evidence, prompt: Prompt) -> None:
        self.store = store
        self._llm = llm
        self._evidence = evidence
        self._prompt = prompt
        self._in_flight: InFlight[Outcome] = InFlight(llm.limiter.limit if llm else 1)
        self._unanswered: dict[str, Definition] = {}
        self._reading = threading.Lock()

    def definitions(self, category_ids: Sequence[str]) -> list[Definition]:
        """Definitions of these categories in this order; missing ones are written now.

        A category that the model gave no answer to is not asked for again by this summarizer.
        """
        found = {**self._unanswered, **self.store.get(category_ids)}
        missing = {i: self._submit(i) for i in dict.fromkeys(category_ids) if i not in found}
        return [found[i] if i in found else missing[i].result().definition for i in category_ids]

    def __call__(
        self,
        category_ids: Iterable[str],
        *,
        refresh: bool = False,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> list[Outcome]:
        """Write definitions; one that stands and was made from the same inputs is kept.

        Args:
            refresh: write again even when the inputs are the same. Stopped, the same call goes on with those
                that were not reached.
            stop: when set, what is being written is finished and no other begun.

        Returns:
            One of each category that was reached, in this order.
        """
        ids = list(dict.fromkeys(category_ids))
        scope = self._scope(ids)
        since = self.store.refresh_since(scope) if refresh else ""
        outcomes = self._all(ids, since, progress or Silent(), stop or threading.Event())
        if refresh and len(outcomes) == len(ids) and all(o.done != "unanswered" for o in outcomes):
            self.store.refreshed(scope)
        return outcomes

    def _all(
        self, ids: Sequence[str], since: str, progress: Progress, stop: threading.Event
    ) -> list[Outcome]:
        futures = [self._submit(i, since) for i in ids]
        outcomes: list[Outcome] = []
        try:
            with progress.task("defining", len(ids)) as advance:
                for future in futures:
                    while not (wait([future], timeout=_LOOK_UP_SECONDS).done or stop.is_set()):
                        pass
                    if stop.is_set():
                        break
                    outcomes.append(future.result())
                    advance(1)
        finally:  # also on Ctrl-C: what was asked is paid for, so it is waited for and kept
            begun = [future for future in futures if not future.cancel()]
            wait(begun)
        return outcomes + [future.result() for future in begun[len(outcomes) :]]

    def _submit(self, category_id: str, since: str = "") -> "Future[Outcome]":
        return self._in_flight.submit(category_id, partial(self._current, category_id, since))

    def _current(self, category_id: str, since: str) -> Outcome:
        with self._reading:  # holds the interpreter anyway, and computes what is shared once
            brief = Brief.of(self._evidence, category_id)
        inputs_hash = brief.hash(self._prompt.hash, self._name)
        history = self.store.histories([brief.category_id]).get(brief.category_id)
        if history and history.stands_for(inputs_hash, since):
            return Outcome(history.current, "kept")
        definition = self._write(brief, inputs_hash)
        if UNANSWERED in definition.failed_checks:
            self._unanswered[category_id] = definition
            return Outcome(history.current if history else definition, "unanswered")
        history = self.store.add(definition, since=since)
        return Outcome(history.current, "proposed" if history.proposal else "written")

    @property
    def _name(self) -> str:
        return self._llm.name if self._llm else ""

    def _write(self, brief: Brief, inputs_hash: str) -> Definition:
        text, failed, tokens = self._draft(brief)
        kept = bool(text) and not failed
        return Definition(
            category_id=brief.category_id,
            category_path=brief.path,
            text=text if kept else extracted(brief),
            method="llm" if kept else "extractive",
            terms=brief.terms,
            example_ids=brief.example_ids,
            sibling_ids=tuple(sibling.category_id for sibling in brief.siblings),
            model=self._name,
            prompt=self._prompt.ref,
            version=1,
            inputs_hash=inputs_hash,
            failed_checks=failed,
            refused="" if kept else text,
            tokens_in=tokens[0],
            tokens_out=tokens[1],
            written=now(),
        )

    def _draft(self, brief: Brief) -> tuple[str, tuple[str, ...], tuple[int, int]]:
        """The model's text, the checks it failed, and tokens in and out."""
        if self._llm is None or not (brief.titles or brief.description):
            return "", (), (0, 0)
        messages = self._prompt.messages(
            path=brief.path,
            description=brief.description,
            titles=brief.titles,
            siblings=[sibling.path for sibling in brief.siblings],
            terms=brief.terms,
            language=language(brief.language).name,
        )
        with counting_usage() as counter:
            text, failed = self._asked(self._llm, messages, brief)
        return text, failed, (counter.usage.tokens_in, counter.usage.tokens_out)

    def _asked(self, llm: LLM, messages: list[tuple[str, str]], brief: Brief) -> tuple[str, tuple[str, ...]]:
        try:
            text = written(ask(llm, messages, DefinitionDraft).value, brief)
        except LLMAnswerError as error:  # it is paid for, and would be the same again
            logger.warning("no definition of %r that can be read: %s", brief.path, error)
            return "", (UNREADABLE,)
        except LLMError as error:
            logger.warning("no definition of %r from the model: %s", brief.path, error)
            return "", (UNANSWERED,)
        return text, failed_checks(text, brief.expected)

    def _scope(self, ids: Sequence[str]) -> str:
        """Names a rewriting: of which categories, by what."""
        text = json.dumps([sorted(ids), self._prompt.hash, self._name])
        return sha256(text.encode()).hexdigest()[:16]
