"""The service on a socket."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from app.service.core import Service
from app.service.draining import DrainingServer
from app.service.web import Access, build_app
from catalog.errors import SettingsError

_BACKLOG = 2048
_MOST_CONNECTIONS = 4096
_KEEP_ALIVE_SECONDS = 15
_HEADER_BYTES = 64 * 1024
# Beyond a product's time: until the answer is made and sent.
_LEEWAY_SECONDS = 5.0


@dataclass(frozen=True)
class Address:
    """Attributes:
    port: 0 takes a free one.
    """

    host: str
    port: int


def run(
    service: Service, access: Access, address: Address, grace_s: float, listening: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        grace_s: between the signal and the closing of the socket.
        listening: told the URL as soon as clients can connect.

    Raises:
        SettingsError: the address cannot be used.
    """
    with _bound(address) as bound:
        host = f"[{address.host}]" if ":" in address.host else address.host
        listening(f"http://{host}:{bound.getsockname()[1]}")
        config = uvicorn.Config(
            build_app(service, access),
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            timeout_graceful_shutdown=int(service.timeout_s + _LEEWAY_SECONDS),
        )
        DrainingServer(config, service, grace_s).run(sockets=[bound])


def _bound(address: Address) -> socket.socket:
    """A listening socket: who connects before the loop runs waits in its line."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"`{address.host}:{address.port}` cannot be listened on: {error}.", fix="Choose another `--port`."
        ) from error
