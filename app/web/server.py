"""The pages on a socket."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import ui

from app.chat.chats import Chats
from app.web.access import Door, Guard
from app.web.pages.chat import add_chat
from app.web.pages.reports import add_reports
from app.web.pages.review import add_review
from app.web.reports import Reports
from app.web.routes import STATIC, build_routes
from app.web.site import Site
from catalog.errors import SettingsError

_RECONNECT_SECONDS = 60.0
_MESSAGES = 200
_GRACE_SECONDS = 3


@dataclass(frozen=True)
class WebOptions:
    """Attributes:
    port: 0 takes a free one.
    password: None asks for none; see `checked_password`.
    reports: folders whose pages are linked.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    password: str | None = None
    reports: Sequence[Path] = ()


def build_app(chats: Chats, options: WebOptions) -> FastAPI:
    """All pages behind the door. The framework keeps its pages in the process: build one a process.

    Raises:
        SettingsError: a folder of reports does not exist.
    """
    door = Door.at(options.host, options.password)
    site = Site.of(chats, Reports(options.reports), locked=options.password is not None)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(build_routes(site, door))
    app.mount("/static", StaticFiles(directory=STATIC))
    for add in (add_chat, add_review, add_reports):
        add(site)
    ui.run_with(
        app,
        title="Dual-Expert",
        dark=None,
        favicon="🗂",
        language="en-US",
        tailwind=False,
        reconnect_timeout=_RECONNECT_SECONDS,
        message_history_length=_MESSAGES,
        show_welcome_message=False,
    )
    app.add_middleware(Guard, door=door)
    return app


def serve(chats: Chats, options: WebOptions, listening: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        listening: told the URL as soon as browsers can connect.

    Raises:
        SettingsError: the address cannot be used, or a folder of reports does not exist.
    """
    app = build_app(chats, options)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with _bound(options) as bound:
        host = f"[{options.host}]" if ":" in options.host else options.host
        listening(f"http://{host}:{bound.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[bound])


def _bound(options: WebOptions) -> socket.socket:
    """A listening socket: who connects before the loop runs waits in its line."""
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((options.host, options.port), family=family)
    except OSError as error:
        raise SettingsError(
            f"`{options.host}:{options.port}` cannot be listened on: {error}.", fix="Choose another `--port`."
        ) from error
