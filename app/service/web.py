"""The FastAPI application over a service."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from app.service.core import Service
from app.service.draining import Farewell
from app.service.guard import Guard, Limits
from app.service.keys import Keys
from app.service.metrics import Metered
from app.service.parameters import only_known
from app.service.problems import add_handlers
from app.service.rates import Rates
from app.service.routes.categories import category_routes
from app.service.routes.classify import classify_routes
from app.service.routes.probes import metric_routes, open_probes
from app.service.routes.review import review_routes

_API_VERSION = "1"
_ABOUT = "Puts products into the right category of a large taxonomy. Every refusal is a `ProblemDocument`."
# The guard has compared the key before the request came here; this one tells OpenAPI.
_BEARER = HTTPBearer(auto_error=False, description="A key of the service.")


@dataclass(frozen=True)
class Access:
    """Attributes:
    keys: none asks for no key.
    per_second: requests of one caller, twice as many at once.
    """

    keys: Keys = field(default_factory=lambda: Keys({}))
    per_second: float = 100.0
    limits: Limits = field(default_factory=Limits)


def build_app(service: Service, access: Access) -> FastAPI:
    """All paths behind their guards; the service's batcher runs as long as the application."""
    app = FastAPI(
        title="Dual-Expert",
        description=_ABOUT,
        version=_API_VERSION,
        lifespan=_running(service),
        # These pages load scripts from elsewhere; `/openapi.json` is what programs read.
        docs_url=None,
        redoc_url=None,
    )
    add_handlers(app)
    app.include_router(open_probes(service))
    needed = [Depends(only_known), *([Depends(_BEARER)] if access.keys else [])]
    for routes in (classify_routes, category_routes, review_routes, metric_routes):
        app.include_router(routes(service), dependencies=needed)
    rates = Rates(access.per_second, max(1.0, 2 * access.per_second))
    app.add_middleware(Farewell, service=service)
    app.add_middleware(Guard, keys=access.keys, rates=rates, limits=access.limits)
    app.add_middleware(Metered, metrics=service.metrics)
    return app


def _running(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        service.batcher.start()
        try:
            yield
        finally:
            await service.batcher.close()

    return lifespan
