"""The tools as plain calls; each is safe to run in a thread of its own."""

from functools import cached_property

from agents.case import Definition
from app.chat.chats import Chats
from app.mcp_server.records import Classified, Explanation, classified, explanation
from app.service.categories import CategorySearch
from app.service.schemas import FoundCategory, GivenProduct
from catalog.errors import SettingsError
from catalog.product import Product
from catalog.text import normalise


class Tools:
    """Over what chat sessions share: a product that is asked about is a thread of its own."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def classify(self, given: GivenProduct) -> Classified:
        """Raises SettingsError when the title says nothing."""
        return classified(self._chats.new().classify(_product(given)))

    def explain(self, given: GivenProduct, why_not: str | None) -> Explanation:
        """The grounds, and where another category lost.

        Raises:
            SettingsError: the title says nothing.
            TaxonomyError: `why_not` names no category.
        """
        session = self._chats.new()
        outcome = session.classify(_product(given))
        return explanation(outcome, session.why_not(why_not) if why_not else None)

    def search_categories(self, query: str, limit: int) -> list[FoundCategory]:
        """By words, then by meaning."""
        return self._search(query, limit).categories

    def definition(self, category: str) -> Definition:
        """Raises TaxonomyError for no such category, SettingsError where none is written."""
        return self._chats.new().definition(category)

    @cached_property
    def _search(self) -> CategorySearch:
        return CategorySearch(self._chats.pool.domain_expert)


def _product(given: GivenProduct) -> Product:
    if not normalise(given.title):
        raise SettingsError("`title` shows nothing.", fix="Give the product a title.")
    return given.product()
