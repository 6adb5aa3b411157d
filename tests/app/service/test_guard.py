"""Who is let in, and what a stranger can make the service read."""

import asyncio

import pytest

from app.service.guard import Guard, Limits
from app.service.keys import keys_of
from app.service.rates import Rates
from app.service.web import Access
from tests.app.service.conftest import BED, NO_KEYS, asked, small, talk

KEY = "0123456789abcdef"
KEYS = keys_of(f"ada {KEY}", "keys")
PATHS = [
    ("POST", "/classify"),
    ("POST", "/classify/many"),
    ("POST", "/classify/stream"),
    ("GET", "/categories"),
    ("GET", "/categories/one?category=x"),
    ("GET", "/categories/definition?category=x"),
    ("GET", "/review"),
    ("POST", "/review/1"),
    ("POST", "/feedback"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/nothing"),
    ("GET", "/health/"),
    ("GET", "//health"),
]


def test_no_path_but_the_probes_opens_without_a_key(made):
    app = made.app(Access(keys=KEYS))

    async def say(client):
        return [(await client.request(*path)).status_code for path in PATHS], [
            (await client.get(path)).status_code for path in ("/health", "/ready")
        ]

    closed, opened = talk(app, say)
    assert closed == [401] * len(PATHS)
    assert opened == [200, 200]


def test_a_key_opens(made):
    found = asked(
        made.app(Access(keys=KEYS)),
        "POST",
        "/classify",
        json={"product": BED},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert found.status_code == 200


def test_too_many_requests_are_told_when_to_come_back(made):
    async def say(client):
        return [await client.get("/categories") for _ in range(4)]

    answers = talk(made.app(Access(per_second=0.5)), say)
    assert [a.status_code for a in answers][-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_length_that_is_too_large_is_refused_before_the_body_is_read(made):
    found = asked(made.app(small(body_bytes=100)), "POST", "/classify", content=b" " * 101)
    assert found.status_code == 413
    assert "100 bytes" in found.json()["error"]["message"]


def guarded(chunks, headers, limits, keys=NO_KEYS):
    """Status of a request whose body comes in these chunks, and how many of them were taken."""
    taken, sent = [], []

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        if len(taken) == len(chunks):
            await asyncio.sleep(60)
        taken.append(chunks[len(taken)])
        return {"type": "http.request", "body": taken[-1], "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/classify", "headers": headers, "client": ("here", 1)}
    guard = Guard(app, keys=keys, rates=Rates(1e6, 1e6), limits=limits)
    try:
        asyncio.run(guard(scope, receive, send))
    except Exception as error:
        return error.status_code, len(taken)
    return sent[0]["status"], len(taken)


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large():
    assert guarded([b"x" * 60] * 1000, [], Limits(body_bytes=100)) == (413, 2)


def test_a_body_that_drips_is_refused():
    assert guarded([b"x"], [], Limits(body_seconds=0.05)) == (408, 1)


@pytest.mark.parametrize("length", [b"abc", b"-1", b"1e3", "²".encode("latin-1"), b"9" * 5000])
def test_a_hostile_length_is_refused(length):
    status, taken = guarded([b"x"], [(b"content-length", length)], Limits())
    assert (status in (400, 413), taken) == (True, 0)


def test_nothing_is_read_for_a_stranger():
    assert guarded([b"x"], [], Limits(), KEYS) == (401, 0)
