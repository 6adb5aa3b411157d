"""`/classify`: one product, many, or many as they come."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from app.service.core import Service
from app.service.problems import documented
from app.service.schemas import Answer, Answers, ClassifyMany, ClassifyOne
from graph.verdict import Verdict

_SSE = "text/event-stream"
_NDJSON = "application/x-ndjson"
_JSON = "application/json"


def classify_routes(service: Service) -> APIRouter:
    """The paths over a service."""
    router = APIRouter(prefix="/classify", tags=["classify"])

    @router.post("", response_model=Verdict, responses=documented(body=True))
    async def classify(request: ClassifyOne) -> Response:
        """Put one product into its category."""
        verdict = await service.classify(request.product, request)
        # Already checked when it was made: FastAPI need not do so again.
        return Response(verdict.model_dump_json(), media_type=_JSON)

    @router.post("/many", response_model=Answers, responses=documented(body=True))
    async def classify_many(request: ClassifyMany) -> Response:
        """Put several products into their categories; one that cannot be does not cost the others theirs."""
        service.batcher.admit(len(request.products))
        answers = [answer async for answer in service.classify_each(request.products, request)]
        answers.sort(key=lambda answer: answer.place)
        return Response(Answers(answers=answers).model_dump_json(), media_type=_JSON)

    @router.post("/stream", responses={**documented(body=True), 200: _streams()})
    async def classify_stream(
        request: ClassifyMany, accept: Annotated[str, Header(max_length=1000)] = _NDJSON
    ) -> StreamingResponse:
        """The same, each answer as soon as it is there: NDJSON, or server-sent events to who accepts them."""
        service.batcher.admit(len(request.products))
        events = _SSE in accept
        answers = service.classify_each(request.products, request)
        return StreamingResponse(_lines(answers, events), media_type=_SSE if events else _NDJSON)

    return router


async def _lines(answers: AsyncIterator[Answer], events: bool) -> AsyncIterator[str]:
    async for answer in answers:
        document = answer.model_dump_json()
        yield f"data: {document}\n\n" if events else f"{document}\n"


def _streams() -> dict[str, Any]:
    described = {"schema": {"type": "string", "description": "An `Answer` a line, or an event."}}
    return {"description": "Answers as they come.", "content": {_NDJSON: described, _SSE: described}}
