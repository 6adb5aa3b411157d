"""What the paths of the service call: one workspace, opened, with its files."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from starlette.exceptions import HTTPException

from agents.case import Definition
from agents.domain_expert import DomainExpert
from app.service.batcher import Batcher
from app.service.categories import CategorySearch
from app.service.definitions import Definitions
from app.service.finishing import as_they_come
from app.service.metrics import Metrics
from app.service.problems import Problem, refusal
from app.service.schemas import Answer, GivenProduct, Manner
from catalog.text import normalise
from graph.verdict import Verdict
from retrieval.taxonomy import Category


@dataclass
class Service:
    """Attributes:
    fingerprint: of the workspace as it was opened.
    queue: SQLite file of the review queue.
    top_k: candidates a product where a request does not say.
    timeout_s: that a product may take.
    draining: no new work is wanted; what comes is still done.
    """

    fingerprint: str
    batcher: Batcher
    definitions: Definitions
    queue: Path
    metrics: Metrics
    top_k: int
    timeout_s: float
    draining: bool = field(default=False)

    @property
    def domain_expert(self) -> DomainExpert:
        return self.batcher.experts.domain_expert

    @cached_property
    def search(self) -> CategorySearch:
        return CategorySearch(self.domain_expert)

    @cached_property
    def categories(self) -> dict[str, str]:
        """Path of every category by its id."""
        return {c.category_id: c.category_path for c in self.domain_expert.taxonomy.categories}

    def drain(self) -> None:
        """Say that the end is near: `/ready` fails and connections are not kept."""
        self.draining = True
        self.metrics.draining.set(1)

    async def classify(self, given: GivenProduct, manner: Manner) -> Verdict:
        """One product.

        Raises:
            HTTPException: 422, its title says nothing; 503, too much is waiting.
        """
        self.batcher.admit(1)
        return await self._classify(given, manner)

    async def classify_each(self, given: Sequence[GivenProduct], manner: Manner) -> AsyncIterator[Answer]:
        """Several products, each as soon as it is done; one that fails does not hold up the others.

        Raises:
            HTTPException: 503, too much is waiting; before the first one.
        """

        async def answered(place: int) -> Answer:
            return await self._answer(place, given[place], manner)

        async for answer in as_they_come(answered(place) for place in range(len(given))):
            yield answer

    def category(self, named: str) -> Category:
        """By id or path.

        Raises:
            HTTPException: 404, there is none.
        """
        taxonomy = self.domain_expert.taxonomy
        position = taxonomy.position(named)
        if position is None:
            said = f"{named!r} is not in the taxonomy of {len(taxonomy)} categories."
            raise refusal(404, "NoCategory", said, "Look for it: `GET /categories?q=…`.")
        return taxonomy[position]

    def definition(self, category: str) -> Definition:
        """In use, of a category by id or path.

        Raises:
            HTTPException: 404, no such category, or none is written yet.
        """
        found = self.category(category)
        definition = self.definitions.get(found.category_id)
        if definition is None:
            said = f"{found.category_path!r} has no definition yet."
            raise refusal(404, "NoDefinition", said, "Write one with `dual-expert define`.")
        return definition

    async def _answer(self, place: int, given: GivenProduct, manner: Manner) -> Answer:
        try:
            verdict = await self._classify(given, manner)
        except HTTPException as error:
            problem = cast(Problem, error.detail)
        except Exception as error:  # a bug must not cost the others their verdicts
            problem = Problem(kind="Internal", message=f"{type(error).__name__}: {error}")
        else:
            return Answer(place=place, product_id=given.product_id, verdict=verdict)
        return Answer(place=place, product_id=given.product_id, error=problem)

    async def _classify(self, given: GivenProduct, manner: Manner) -> Verdict:
        if not normalise(given.title):
            raise refusal(422, "EmptyTitle", "`title` shows nothing.", "Give the product a title.")
        context = manner.context(self.top_k)
        verdict = await self.batcher.verdict(given.product(), context, self.timeout_s)
        self.metrics.classified(verdict)
        return verdict
