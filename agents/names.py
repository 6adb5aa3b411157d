"""Descriptive names of categories, written by a language model: `Women's base layer shorts` for a leaf
`Shorts` (Cheng et al., 2024, Figure 3b)."""

import logging
import threading
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.case import Candidate, Record
from agents.definitions.backends import Backend
from agents.llm.answer import ask
from agents.llm.factory import LLM
from agents.localized import LocalPrompts, language_of
from catalog.errors import LLMError
from catalog.product import PATH_SEPARATOR
from catalog.text import normalise

logger = logging.getLogger(__name__)

MAX_CHARS = 80
_NAMESPACE = ("names",)


class NameDraft(BaseModel):
    """What the model is asked for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=MAX_CHARS)


class CategoryName(Record):
    """A name and what it was made from.

    Attributes:
        inputs_hash: of path, definition, model and prompts; a change means that it must be written again.
    """

    category_id: str
    name: str
    model: str
    prompt: str
    inputs_hash: str


class NameStore:
    """Names beside the definitions, in a namespace of their own."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._cache: dict[str, CategoryName] = {}

    def get(self, category_id: str) -> CategoryName | None:
        """Raises `WorkspaceError` when the store cannot be read."""
        if category_id not in self._cache:
            with self._backend.explained():
                item = self._backend.store.get(_NAMESPACE, category_id)
            if item is None or (name := _read(item.value)) is None:
                return None
            self._cache[category_id] = name
        return self._cache[category_id]

    def put(self, name: CategoryName) -> None:
        """Raises `WorkspaceError` when the store cannot be written."""
        with self._backend.explained():
            self._backend.store.put(_NAMESPACE, name.category_id, name.model_dump(mode="json"), index=False)
        self._cache[name.category_id] = name


def _read(value: object) -> CategoryName | None:
    """None for a record of another version, which is as good as missing."""
    try:
        return CategoryName.model_validate(value)
    except ValidationError:
        return None


class DescriptiveNames:
    """Callable on candidates; writes what is missing or was made from something else."""

    def __init__(self, llm: LLM, store: NameStore, prompts: LocalPrompts) -> None:
        self._llm = llm
        self._store = store
        self.prompts = prompts
        self._writing = threading.Lock()

    def __call__(
        self, candidates: Sequence[Candidate], definitions: Mapping[str, str], locale: str = ""
    ) -> dict[str, str]:
        """Name by category id; leaf and parent where the model failed, until it is asked the next time.

        Args:
            definitions: text by category id; a category without one is named from its path alone.
        """
        return {c.category_id: self._name(c, definitions.get(c.category_id, ""), locale) for c in candidates}

    def _name(self, candidate: Candidate, definition: str, locale: str) -> str:
        inputs_hash = self._hash(candidate, definition)
        if name := self._standing(candidate, inputs_hash):
            return name
        with self._writing:  # cases that miss the same name wait instead of paying twice
            return self._standing(candidate, inputs_hash) or self._written(
                candidate, definition, locale, inputs_hash
            )

    def _standing(self, candidate: Candidate, inputs_hash: str) -> str:
        found = self._store.get(candidate.category_id)
        return found.name if found and found.inputs_hash == inputs_hash else ""

    def _written(self, candidate: Candidate, definition: str, locale: str, inputs_hash: str) -> str:
        path, prompt = candidate.category_path, self.prompts.of(locale)
        messages = prompt.messages(path=path, definition=definition, language=language_of(locale))
        try:
            name = normalise(ask(self._llm, messages, NameDraft).value.name) or short_name(path)
        except LLMError as error:
            logger.warning("no name of %r from the model: %s", path, error)
            return short_name(path)
        self._store.put(
            CategoryName(
                category_id=candidate.category_id,
                name=name,
                model=self._llm.name,
                prompt=prompt.ref,
                inputs_hash=inputs_hash,
            )
        )
        return name

    def _hash(self, candidate: Candidate, definition: str) -> str:
        prompts = (prompt.hash for prompt in self.prompts.all())
        parts = "\x00".join([candidate.category_path, definition, self._llm.name, *prompts])
        return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def short_name(category_path: str) -> str:
    """Leaf and parent: `Shorts (Women)`."""
    *above, leaf = category_path.split(PATH_SEPARATOR)
    return f"{leaf} ({above[-1]})" if above else leaf
