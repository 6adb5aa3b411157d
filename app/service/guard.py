"""Before a request is routed: whose key, how often, how large, how slow. No body is read for a stranger."""

import asyncio
import math
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.keys import Keys
from app.service.problems import answer, refusal
from app.service.rates import Rates

# Probes ask without a key, and what they are told is no secret.
OPEN_PATHS = ("/health", "/ready")


@dataclass(frozen=True)
class Limits:
    """Attributes:
    body_bytes: of one request.
    body_seconds: until the body is here.
    """

    body_bytes: int = 2**20
    body_seconds: float = 10.0


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, keys: Keys, rates: Rates, limits: Limits) -> None:
        self._app = app
        self._keys = keys
        self._rates = rates
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        try:
            self._admit(scope)
            self._check_length(_header(scope, b"content-length"))
        except HTTPException as error:
            await answer(error)(scope, receive, send)
            return
        await self._app(scope, _Body(receive, self._limits), send)

    def _admit(self, scope: Scope) -> None:
        caller = self._keys.owner(_header(scope, b"authorization")) if self._keys else _host(scope)
        if caller is None:
            fix = "Send `Authorization: Bearer KEY` with a key of this service."
            headers = {"WWW-Authenticate": "Bearer", "Connection": "close"}
            raise refusal(401, "NoKey", "No key, or none that is known.", fix, headers)
        if seconds := self._rates.wait(caller):
            after = str(math.ceil(seconds))
            headers = {"Retry-After": after, "Connection": "close"}
            raise refusal(429, "TooOften", "Too many requests.", f"Wait {after} s.", headers)

    def _check_length(self, length: str) -> None:
        if length and (not length.isascii() or not length.isdecimal()):
            raise refusal(400, "BadLength", f"`Content-Length` is {length[:80]!a}.", "Send a number.")
        if length and int(length[:20]) > self._limits.body_bytes:
            raise _too_large(self._limits)


class _Body:
    """`receive` that refuses a body as soon as it is too large or too slow, whatever its header said."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._bytes = 0
        self._whole = False
        self._deadline = asyncio.get_running_loop().time() + limits.body_seconds

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to leave, however long
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            said = f"The body was not here after {self._limits.body_seconds:g} s."
            raise refusal(408, "TooSlow", said, "Send it at once.", {"Connection": "close"}) from None
        self._count(message)
        return message

    def _count(self, message: MutableMapping[str, Any]) -> None:
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > self._limits.body_bytes:
            raise _too_large(self._limits)


def _too_large(limits: Limits) -> HTTPException:
    said = f"The body has more than {limits.body_bytes:,} bytes."
    return refusal(413, "TooLarge", said, "Send fewer products at once.", {"Connection": "close"})


def _header(scope: Scope, name: bytes) -> str:
    return next((bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _host(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])
