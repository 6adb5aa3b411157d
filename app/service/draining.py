"""The end of a service, without dropping a request that it has taken.

On SIGTERM `/ready` fails and every answer closes its connection, while requests are still served; so within
the grace load balancers look elsewhere and no client is left on a connection that it believes to be open.
Then the socket is closed, and the process leaves when the last answer is out.
"""

import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.core import Service


class Farewell:
    """ASGI middleware: while the service drains, an answer ends its connection."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start" and self._service.draining:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, last)


class DrainingServer(uvicorn.Server):
    """Waits `grace_s` between the signal and the closing of its socket; a second signal closes it at once."""

    def __init__(self, config: uvicorn.Config, service: Service, grace_s: float) -> None:
        super().__init__(config)
        self._service = service
        self._grace_s = grace_s
        self._closes: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._closes is None:
            self._closes = time.monotonic() + self._grace_s
            self._service.drain()
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        over = self._closes is not None and time.monotonic() >= self._closes
        return await super().on_tick(counter) or over
