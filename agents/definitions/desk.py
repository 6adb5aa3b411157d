"""Where people read, approve and edit definitions: the command line, the chat, REST."""

from collections.abc import Sequence

from agents.case import Definition
from agents.definitions.checks import Expected, Other, failed_checks
from agents.definitions.history import History, now
from agents.definitions.store import DefinitionStore
from catalog.errors import SettingsError
from catalog.text import normalise
from retrieval.taxonomy import Category, Taxonomy

_MAX_CHARS = 2000


class DefinitionDesk:
    """The definitions of one taxonomy; needs no model. Categories are named by path or id.

    Raises:
        TaxonomyError: from every method, when the taxonomy has no such category.
        WorkspaceError: from every method, when the store cannot be used.
    """

    def __init__(self, store: DefinitionStore, taxonomy: Taxonomy) -> None:
        self._store = store
        self._taxonomy = taxonomy

    def histories(self, categories: Sequence[str] = ()) -> list[History]:
        """Of these categories, or of all, in their order; a category without a definition is left out."""
        known = self._taxonomy.categories
        wanted = [known[self._taxonomy.require(c)] for c in categories] if categories else known
        return list(self._store.histories(c.category_id for c in wanted).values())

    def waiting(self) -> list[History]:
        """Those with a draft that waits beside a decided definition."""
        return [history for history in self.histories() if history.proposal]

    def approve(self, category: str, reviewer: str, version: int | None = None) -> History:
        """Use a version from now on.

        Args:
            version: None takes the proposal, and without one the definition in use.

        Raises:
            WorkspaceError: the category has no definition, or not that version.
        """
        category_id = self._category(category).category_id
        history = self._store.histories([category_id]).get(category_id)
        number = version or (_offered(history).version if history else 1)
        return self._store.approve(category_id, number, _named(reviewer))

    def edit(self, category: str, text: str, reviewer: str) -> History:
        """Use a person's text from now on; checks that it fails are kept with it and do not refuse it.

        Raises:
            SettingsError: the text is empty or far too long.
        """
        found = self._category(category)
        line = normalise(text)
        if not line or len(line) > _MAX_CHARS:
            raise SettingsError(
                f"A definition of {len(line)} characters for {found.category_path!r}.",
                fix=f"Write 1 to {_MAX_CHARS} characters.",
            )
        history = self._store.histories([found.category_id]).get(found.category_id)
        return self._store.edit(self._typed(found, line, _named(reviewer), history))

    def _typed(self, category: Category, text: str, reviewer: str, history: History | None) -> Definition:
        evidence = _offered(history) if history else None
        siblings = evidence.sibling_ids if evidence else ()
        terms = evidence.terms if evidence else ()
        time = now()
        return Definition(
            category_id=category.category_id,
            category_path=category.category_path,
            text=text,
            method="person",
            terms=terms,
            example_ids=evidence.example_ids if evidence else (),
            sibling_ids=siblings,
            model="",
            prompt="",
            version=1,
            inputs_hash="",
            failed_checks=failed_checks(text, Expected(category.leaf, terms, (), self._others(siblings))),
            status="edited",
            reviewer=reviewer,
            written=time,
            decided=time,
        )

    def _others(self, sibling_ids: Sequence[str]) -> list[Other]:
        """Siblings that are still in the taxonomy."""
        positions = [self._taxonomy.position(i) for i in sibling_ids]
        return [Other(self._taxonomy[i].leaf) for i in positions if i is not None]

    def _category(self, category: str) -> Category:
        return self._taxonomy[self._taxonomy.require(category)]


def _offered(history: History) -> Definition:
    """What a person who looks at this category has to decide."""
    return history.proposal or history.current


def _named(reviewer: str) -> str:
    name = normalise(reviewer)
    if not name:
        raise SettingsError("A decision needs a reviewer's name.", fix="Give it with `--reviewer NAME`.")
    return name
