"""The summarizer: writes what belongs in a category from its labelled products, and keeps the evidence."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from agents.case import Definition
from agents.definition_checks import MAX_CHARS, failed_checks, without_rambling
from agents.definitions import DefinitionStore
from agents.evidence import Evidence, language_of
from agents.llm.answer import ask
from agents.llm.factory import LLM
from catalog.errors import LLMError
from catalog.progress import Progress, Silent
from prompts.loader import Prompt

logger = logging.getLogger(__name__)

_UNREACHABLE = "the model did not answer"
_LANGUAGES = {
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "ru": "Russian",
}


class DefinitionDraft(BaseModel):
    """What the model is asked for."""

    model_config = ConfigDict(extra="forbid")

    definition: str = Field(min_length=1, max_length=MAX_CHARS)


class Summarizer:
    """Callable on category ids; writes what is missing or outdated, concurrently.

    Args:
        llm: None writes extractive definitions only: distinguishing words, examples, siblings.
    """

    def __init__(self, llm: LLM | None, store: DefinitionStore, evidence: Evidence, prompt: Prompt) -> None:
        self._llm = llm
        self._store = store
        self._evidence = evidence
        self._prompt = prompt
        self._writing = threading.Lock()

    def definitions(
        self, category_ids: Sequence[str], *, progress: Progress | None = None
    ) -> list[Definition]:
        """Definitions of these categories in this order; missing ones are written now."""
        found = self._store.get(category_ids)
        missing = [i for i in category_ids if i not in found]
        if missing:
            with self._writing:  # cases that miss the same category wait instead of paying twice
                found = self._store.get(category_ids)
                now = [i for i in missing if i not in found]
                found |= {d.category_id: d for d in self(now, progress=progress)}
        return [found[i] for i in category_ids]

    def __call__(
        self, category_ids: Iterable[str], *, refresh: bool = False, progress: Progress | None = None
    ) -> list[Definition]:
        """Write definitions; one that stands and was made from the same inputs is kept.

        Args:
            refresh: write again even when the inputs are the same.
        """
        ids = list(category_ids)
        with (progress or Silent()).task("defining", len(ids)) as advance, ThreadPoolExecutor(16) as pool:
            definitions = []
            for definition in pool.map(lambda i: self._current(i, refresh=refresh), ids):
                definitions.append(definition)
                advance(1)
        return definitions

    def _current(self, category_id: str, *, refresh: bool) -> Definition:
        task = _Task.of(self._evidence, category_id)
        inputs_hash = task.hash(self._prompt.hash, self._llm.name if self._llm else "")
        standing = self._store.get([category_id]).get(category_id)
        if standing and standing.inputs_hash == inputs_hash and not refresh:
            return standing
        definition = self._write(task, inputs_hash, version=standing.version + 1 if standing else 1)
        if definition.failed_checks == (_UNREACHABLE,):
            self._store.remember(definition)
        else:
            self._store.put(definition)
        return definition

    def _write(self, task: "_Task", inputs_hash: str, version: int) -> Definition:
        text, failed, tokens = self._draft(task)
        kept = text and not failed
        return Definition(
            category_id=task.category_id,
            category_path=task.path,
            text=text if kept else task.extract(),
            method="llm" if kept else "extractive",
            terms=tuple(task.terms),
            example_ids=tuple(task.example_ids),
            sibling_ids=tuple(task.sibling_ids),
            model=self._llm.name if self._llm else "",
            prompt=self._prompt.ref,
            version=version,
            inputs_hash=inputs_hash,
            failed_checks=failed,
            tokens_in=tokens[0],
            tokens_out=tokens[1],
        )

    def _draft(self, task: "_Task") -> tuple[str, tuple[str, ...], tuple[int, int]]:
        if self._llm is None or not task.titles:
            return "", (), (0, 0)
        messages = self._prompt.messages(
            path=task.path,
            titles=task.titles,
            siblings=task.sibling_paths,
            terms=task.terms,
            language=_LANGUAGES.get(task.language, "English"),
        )
        try:
            answer = ask(self._llm, messages, DefinitionDraft)
        except LLMError as error:
            logger.warning("no definition of %r from the model: %s", task.path, error)
            return "", (_UNREACHABLE,), (0, 0)
        text = without_rambling(answer.value.definition)
        failed = failed_checks(text, task.leaf, task.terms, task.titles, task.sibling_leaves)
        return text, tuple(failed), (answer.tokens_in, answer.tokens_out)


class _Task:
    """Everything one definition is written from."""

    def __init__(self, evidence: Evidence, position: int) -> None:
        taxonomy, examples = evidence.taxonomy, evidence.examples
        category = taxonomy[position]
        rows, siblings = evidence.sample(position), evidence.siblings(position)
        self.category_id = category.category_id
        self.path = category.category_path
        self.leaf = category.leaf
        self.terms = evidence.terms(position)
        self.titles = [examples.titles[r] for r in rows]
        self.example_ids = [examples.product_ids[r] for r in rows]
        self.language = language_of([examples.locales[r] for r in rows])
        self.sibling_ids = [taxonomy[i].category_id for i in siblings]
        self.sibling_paths = [taxonomy[i].category_path for i in siblings]
        self.sibling_leaves = [taxonomy[i].leaf for i in siblings]
        self.description = category.description

    @classmethod
    def of(cls, evidence: Evidence, category_id: str) -> "_Task":
        return cls(evidence, evidence.taxonomy.require(category_id))

    def hash(self, *more: str) -> str:
        parts = [self.path, *self.terms, *self.titles, *self.sibling_ids, self.description, *more]
        return sha256("\x00".join(parts).encode()).hexdigest()[:16]

    def extract(self) -> str:
        """A definition without a model: the category's own words, examples and neighbours."""
        parts = [f"{self.leaf}: {', '.join(self.terms)}." if self.terms else f"{self.leaf}."]
        parts += [self.description] if self.description else []
        parts += [f"Such as {self.titles[0]}."] if self.titles else []
        parts += [f"Not {', '.join(self.sibling_leaves[:2])}."] if self.sibling_leaves else []
        return " ".join(parts)[:MAX_CHARS]
