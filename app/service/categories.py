"""Looking for a category: by the words of its path, and where they are not enough by what is meant."""

from itertools import islice
from typing import Literal

from agents.domain_expert import DomainExpert
from app.service.schemas import FoundCategories, FoundCategory
from catalog.text import normalise

By = Literal["words", "meaning", "listing"]


class CategorySearch:
    """Over one taxonomy; safe to call from several threads."""

    def __init__(self, domain_expert: DomainExpert) -> None:
        self._taxonomy = domain_expert.taxonomy
        self._encoder = domain_expert.encoder
        self._paths = domain_expert.recall.paths
        self._folded = [category.category_path.casefold() for category in self._taxonomy.categories]

    def __call__(self, query: str, limit: int, offset: int = 0) -> FoundCategories:
        """Categories whose path holds all words of the query, then those whose path means something alike.

        Args:
            query: without a word in it, all categories in the taxonomy's order.
            offset: so many of what is found are left out.
        """
        words = normalise(query).casefold().split()
        found = self._found(words, query, offset + limit) if words else self._listed()
        shown = islice(found.items(), offset, offset + limit)
        return FoundCategories(
            total=len(self._taxonomy), categories=[self._category(position, by) for position, by in shown]
        )

    def _found(self, words: list[str], query: str, limit: int) -> dict[int, By]:
        """Positions in the order in which they are shown, with what found them."""
        found: dict[int, By] = dict.fromkeys(self._by_words(words), "words")
        if len(found) < limit:
            for position in self._by_meaning(query, limit):
                found.setdefault(position, "meaning")
        return found

    def _listed(self) -> dict[int, By]:
        return dict.fromkeys(range(len(self._taxonomy)), "listing")

    def _by_words(self, words: list[str]) -> list[int]:
        """Those with all words in their last name first, short paths before long ones."""
        held = [i for i, path in enumerate(self._folded) if all(word in path for word in words)]

        def order(position: int) -> tuple[bool, int]:
            leaf = self._taxonomy[position].leaf.casefold()
            return not all(word in leaf for word in words), len(self._folded[position])

        return sorted(held, key=order)

    def _by_meaning(self, query: str, limit: int) -> list[int]:
        """The label paths nearest to it."""
        _, positions = self._paths.search(self._encoder.encode([query]), min(limit, len(self._taxonomy)))
        return [position for position in positions[0].tolist() if position >= 0]

    def _category(self, position: int, by: By) -> FoundCategory:
        category = self._taxonomy[position]
        return FoundCategory(category_id=category.category_id, category_path=category.category_path, by=by)
