"""Who gets in, and under which names."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from app.web.access import COOKIE, Door, Guard, checked_password, is_loopback
from catalog.errors import SettingsError

PASSWORD = "a long enough one"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", "utf-8")
    return path


def _ask(
    door: Door, *, kind: str = "http", method: str = "GET", path: str = "/", **headers: str
) -> list[Any]:
    """Messages that come back; the page behind the door says 200."""
    sent: list[Any] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        del receive
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "headers": raw}
    asyncio.run(Guard(page, door)(scope, receive, send))
    return sent


def _status(door: Door, **request: str) -> int:
    return int(_ask(door, **request)[0]["status"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_no_password(host: str) -> None:
    assert is_loopback(host)
    assert checked_password(host, None) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example"])
def test_other_addresses_need_one(host: str, password_file: Path) -> None:
    with pytest.raises(SettingsError, match="no password is set"):
        checked_password(host, None)
    assert checked_password(host, password_file) == PASSWORD


@pytest.mark.parametrize("text", ["", "short\n", "\nthe second line does not count\n"])
def test_short_passwords_are_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "password"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="too short") as refused:
        checked_password("127.0.0.1", path)
    assert "short\n" not in str(refused.value.message)


def test_a_missing_password_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        checked_password("127.0.0.1", tmp_path / "none")


def test_a_token_opens_and_is_forgotten() -> None:
    door = Door.at("0.0.0.0", PASSWORD)
    token = asyncio.run(door.enter(PASSWORD))
    cookie = f"{COOKIE}={token}"
    assert _status(door, host="shop.example") == 403
    assert _status(door, host="shop.example", cookie=cookie) == 200
    assert _status(door, host="shop.example", cookie=f"{COOKIE}=guess") == 403
    door.leave(cookie)
    assert _status(door, host="shop.example", cookie=cookie) == 403


def test_a_wrong_password_opens_nothing() -> None:
    door = Door("another", pause_s=0.0)
    assert asyncio.run(door.enter(PASSWORD)) is None
    assert asyncio.run(Door().enter("")) is None


def test_pages_lead_to_the_login_and_sockets_close() -> None:
    door = Door.at("0.0.0.0", PASSWORD)
    assert _status(door, host="shop.example", accept="text/html") == 303
    assert _status(door, host="shop.example", path="/login") == 200
    assert _ask(door, kind="websocket", host="shop.example")[0]["type"] == "websocket.close"


def test_on_loopback_foreign_names_are_refused() -> None:
    door = Door.at("127.0.0.1", None)
    assert _status(door, host="localhost:8080") == 200
    assert _status(door, host="[::1]:8080") == 200
    assert _status(door, host="evil.example:8080") == 403
    assert _status(door, host="") == 403


def test_pages_of_others_cannot_speak_to_it() -> None:
    door = Door.at("127.0.0.1", None)
    foreign = {"host": "localhost:8080", "origin": "http://evil.example"}
    own = {"host": "localhost:8080", "origin": "http://localhost:8080"}
    assert _ask(door, kind="websocket", **foreign)[0]["type"] == "websocket.close"
    assert _ask(door, kind="websocket", **own)[0]["type"] == "websocket.accept"
    assert _status(door, method="POST", **foreign) == 403
    assert _status(door, method="POST", **own) == 200


def test_answers_say_what_a_page_may_load() -> None:
    headers = dict(_ask(Door(), host="localhost")[0]["headers"])
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
