"""`/categories`: search, one, and its definition."""

from typing import Annotated

from fastapi import APIRouter, Query

from agents.case import Definition
from app.service.core import Service
from app.service.problems import documented
from app.service.schemas import FoundCategories
from retrieval.taxonomy import Category

# A parameter and no part of the path: ids and paths may hold slashes.
Named = Annotated[
    str, Query(min_length=1, max_length=1000, description="Id, or path, root first, joined with ` > `.")
]


def category_routes(service: Service) -> APIRouter:
    """The paths over a service."""
    router = APIRouter(prefix="/categories", tags=["categories"])

    @router.get("", responses=documented())
    def search(
        q: Annotated[str, Query(max_length=500, description="Words, or what is meant; none lists all.")] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> FoundCategories:
        """Find categories by the words of their path, then by meaning."""
        return service.search(q, limit, offset)

    @router.get("/one", responses=documented(404))
    def one(category: Named) -> Category:
        """One category."""
        return service.category(category)

    @router.get("/definition", responses=documented(404))
    def definition(category: Named) -> Definition:
        """What belongs in a category and what does not; the version in use."""
        return service.definition(category)

    return router
