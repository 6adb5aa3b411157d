"""`/health`, `/ready` and `/metrics`: for those who run the service."""

from fastapi import APIRouter, Response

from app.service.core import Service
from app.service.metrics import CONTENT_TYPE
from app.service.problems import documented, refusal
from app.service.schemas import Health, Readiness


def open_probes(service: Service) -> APIRouter:
    """The paths that need no key."""
    router = APIRouter(tags=["operation"])

    @router.get("/health")
    async def health() -> Health:
        """The process answers."""
        return Health()

    @router.get("/ready", responses={503: documented()[503]})
    async def ready() -> Readiness:
        """Requests may be sent here; 503 while it stops."""
        if service.draining:
            raise refusal(503, "Draining", "The service is stopping.", "Send requests elsewhere.")
        return Readiness(workspace=service.fingerprint, categories=len(service.domain_expert.taxonomy))

    return router


def metric_routes(service: Service) -> APIRouter:
    """The path of the figures."""
    router = APIRouter(tags=["operation"])

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            **documented(),
            200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}},
        },
    )
    async def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    return router
