"""What the service says when it refuses: a status, and words that name what is wrong and how to mend it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from catalog.errors import DualExpertError, LLMError, WorkspaceError

_log = logging.getLogger(__name__)

_SHOWN_CHARS = 80
_SHOWN_PROBLEMS = 5
_READ_ABOUT_IT = "See `/openapi.json` for what is asked."


class Problem(BaseModel):
    """What is wrong.

    Attributes:
        kind: a word for programs.
        message: a sentence for people.
        fix: what to do about it; may be empty.
    """

    kind: str
    message: str
    fix: str = ""


class ProblemDocument(BaseModel):
    """Body of every answer that is not a success."""

    error: Problem


_SAID = {
    400: "The body cannot be read as JSON.",
    401: "No key, or none that is known.",
    404: "No such thing.",
    408: "The body came too slowly.",
    415: "The body is not sent as JSON.",
    409: "Decided before.",
    413: "The body is too large.",
    422: "The body or a parameter is not as described.",
    429: "Too many requests with this key.",
    503: "Too much is waiting, the service is stopping, or a file cannot be used just now.",
}
_ALWAYS = (401, 422, 429, 503)
_WITH_BODY = (400, 408, 413, 415)


def documented(*more: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The refusals of a path, for OpenAPI."""
    codes = {*_ALWAYS, *more, *(_WITH_BODY if body else ())}
    return {code: {"model": ProblemDocument, "description": _SAID[code]} for code in sorted(codes)}


def refusal(
    status: int, kind: str, message: str, fix: str = "", headers: Mapping[str, str] | None = None
) -> HTTPException:
    """To be raised where a request is refused."""
    problem = Problem(kind=kind, message=message, fix=fix)
    return HTTPException(status, detail=cast(Any, problem), headers=headers)


def overloaded(message: str) -> HTTPException:
    """To be raised when more is asked than can be done in time."""
    return refusal(503, "Overloaded", message, "Try again later.", {"Retry-After": "1"})


def answer(error: HTTPException) -> JSONResponse:
    """A refusal as an answer."""
    detail = cast(object, error.detail)
    problem = detail if isinstance(detail, Problem) else Problem(kind=_kind(error), message=f"{detail}.")
    return JSONResponse({"error": problem.model_dump()}, error.status_code, headers=error.headers)


def add_handlers(app: FastAPI) -> None:
    """Every error of this service becomes a `ProblemDocument`."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        del request
        return answer(_unread() if error.status_code == 400 and isinstance(error.detail, str) else error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        return answer(_invalid(error.errors()))

    @app.exception_handler(DualExpertError)
    async def ours(request: Request, error: DualExpertError) -> JSONResponse:
        del request
        status = 503 if isinstance(error, WorkspaceError | LLMError) else 422
        return answer(refusal(status, type(error).__name__, error.message, error.fix))

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(refusal(500, "Internal", "The service failed on this request.", "See its log."))


def _kind(error: HTTPException) -> str:
    return {404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "Refused")


def _unread() -> HTTPException:
    return refusal(400, "NotJSON", "The body is not JSON in UTF-8.", "Send UTF-8 encoded JSON.")


def _invalid(problems: Sequence[Mapping[str, Any]]) -> HTTPException:
    if any(problem["type"] == "json_invalid" for problem in problems):
        return _unread()
    if any(isinstance(problem["input"], bytes) for problem in problems):
        fix = "Send `Content-Type: application/json`."
        return refusal(415, "NotJSON", "The body is not sent as JSON.", fix)
    said = "; ".join(_sentence(problem) for problem in problems[:_SHOWN_PROBLEMS])
    more = f"; and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
    return refusal(422, "Invalid", f"{said}{more}.", _READ_ABOUT_IT)


def _sentence(problem: Mapping[str, Any]) -> str:
    # `ascii`: a stranger's text may hold half a character, which no answer could carry.
    where = ".".join(ascii(part)[1:-1] if isinstance(part, str) else str(part) for part in problem["loc"])
    found = ascii(problem["input"])
    shown = found if len(found) <= _SHOWN_CHARS else f"{found[:_SHOWN_CHARS]}…"
    return f"`{where[:_SHOWN_CHARS]}` is {shown}: {problem['msg']}"
