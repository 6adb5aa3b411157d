"""Who may open the pages: this machine alone, or anybody who knows the password."""

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.errors import SettingsError

SHORTEST_PASSWORD: Final = 12
COOKIE: Final = "dual_expert"
LOGIN_PATH: Final = "/login"
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_REFUSED = 4403  # of a web socket, in the range that is left to applications
# Vue compiles templates in the browser, hence `unsafe-eval`; nothing is loaded from elsewhere.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_password(path: Path) -> str:
    """The first line of a file.

    Raises:
        SettingsError: it cannot be read, or the password is too short; the password is not shown.
    """
    try:
        password = (path.read_text("utf-8").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` cannot be read: {error}.", fix="Correct `--password-file`.") from error
    if len(password) < SHORTEST_PASSWORD:
        fix = f"Write {SHORTEST_PASSWORD} or more characters into its first line."
        raise SettingsError(f"The password in `{path}` is too short.", fix=fix)
    return password


def checked_password(host: str, password_file: Path | None) -> str | None:
    """The password of an address; None where none is needed.

    Raises:
        SettingsError: others reach the address and there is no password.
    """
    if password_file is not None:
        return read_password(password_file)
    if is_loopback(host):
        return None
    raise SettingsError(
        f"Others can reach `{host}`, and no password is set.",
        fix="Add `--password-file FILE`, or leave `--host` out.",
    )


@dataclass
class Door:
    """Lets in by password; without one, everybody.

    Attributes:
        password: None asks for none.
        names: host names that a browser may have asked for; empty takes all.
        pause_s: after a wrong password; one guess at a time.
    """

    password: str | None = None
    names: tuple[str, ...] = ()
    pause_s: float = 1.0
    _tokens: set[str] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def at(cls, host: str, password: str | None) -> "Door":
        """Of an address. On loopback other names are refused, so that no foreign page whose name points here
        gets in."""
        return cls(password, (*_LOCAL_NAMES, host) if is_loopback(host) else ())

    async def enter(self, guess: str) -> str | None:
        """A new token for the right password, else None."""
        if self.password is None:
            return None
        if hmac.compare_digest(_digest(guess), _digest(self.password)):
            token = secrets.token_urlsafe(32)
            self._tokens.add(token)
            return token
        async with self._turn:
            await asyncio.sleep(self.pause_s)
        return None

    def leave(self, cookies: str) -> None:
        """Forget the token of a cookie header."""
        self._tokens.discard(_token(cookies))

    def knows(self, cookies: str) -> bool:
        return self.password is None or _token(cookies) in self._tokens

    def expects(self, host: str) -> bool:
        """Whether a `Host` header names this server."""
        return not self.names or urlsplit(f"//{host}").hostname in self.names


class Guard:
    """ASGI middleware before all pages and sockets."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._door.expects(headers.get("host", "")) or _foreign(headers, scope):
            await _refuse(scope, receive, send, "This page was asked for under a foreign name.")
        elif scope["path"] == LOGIN_PATH or self._door.knows(headers.get("cookie", "")):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http" and scope["method"] == "GET" and "html" in headers.get("accept", ""):
            await RedirectResponse(LOGIN_PATH, 303)(scope, receive, send)
        else:
            await _refuse(scope, receive, send, "Log in first.")


def _foreign(headers: Headers, scope: Scope) -> bool:
    """Whether another site's page sent this; browsers say so in `Origin`."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in ("GET", "HEAD")):
        return False
    return urlsplit(origin).netloc != headers.get("host", "")


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _REFUSED, "reason": why})
    else:
        await PlainTextResponse(why, 403)(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            added = [(name, value) for name, value in _HEADERS.items() if name not in given]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return sending


def _token(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
