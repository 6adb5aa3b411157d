"""A real process under load that is told to stop."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from app.service.draining import DrainingServer
from tests.app.service.conftest import BED

CONNECTIONS = 8


@contextmanager
def serving(workspace, queue, *options):
    """A service in a process of its own, and its URL."""
    command = [sys.executable, "-m", "app", "serve", "--workspace", str(workspace), "--queue", str(queue)]
    command += ["--llm", "none", "--threads", "1", "--port", "0", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = "".join(iter(process.stdout.readline, "}\n"))
            yield process, json.loads(lines + "}")["url"]
        finally:
            process.kill()


async def until_refused(client, said):
    """Ask again and again until nobody listens any more; anything else than an answer is counted."""
    while True:
        try:
            said[(await client.post("/classify", json={"product": BED, "threshold": 0.0})).status_code] += 1
        except httpx.ConnectError:
            return
        except httpx.HTTPError as error:
            said[type(error).__name__] += 1


async def load(url, process):
    said, ready = Counter(), []
    limits = httpx.Limits(max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        asking = [asyncio.ensure_future(until_refused(client, said)) for _ in range(CONNECTIONS)]
        while said[200] < 2 * CONNECTIONS:
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        before = said[200]
        while not ready or ready[-1] == 200:
            ready.append((await client.get("/ready")).status_code)
        await asyncio.gather(*asking)
    return said, said[200] - before, ready[-1]


def test_sigterm_under_load_drops_no_request(workspace_dir, tmp_path):
    with serving(workspace_dir, tmp_path / "review.sqlite", "--grace", "1") as (process, url):
        said, after, ready = asyncio.run(load(url, process))
        assert process.wait(30) == 0
    assert set(said) == {200}
    assert after > CONNECTIONS  # it went on serving for the grace
    assert ready == 503


def test_a_second_signal_does_not_wait_for_the_grace(made):
    async def app(scope, receive, send):
        del scope, receive, send

    service = made.service()
    server = DrainingServer(uvicorn.Config(app), service, grace_s=600)
    server.handle_exit(signal.SIGTERM, None)
    assert (service.draining, asyncio.run(server.on_tick(1))) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert asyncio.run(server.on_tick(2)) is True


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_beyond_loopback_a_key_is_needed(cli, workspace_dir, host):
    found = cli("serve", "--workspace", workspace_dir, "--host", host, "--llm", "none", "--json")
    assert found.code == 2
    assert "--api-key-file" in found.document["error"]["fix"]


def test_a_port_that_is_taken_is_said(cli, workspace_dir, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--port", port, "--llm", "none", "--queue", tmp_path / "q.sqlite", "--json"]
        found = cli("serve", "--workspace", workspace_dir, *options)
    assert found.code == 2
    assert f":{port}" in found.document["error"]["message"]


def test_the_key_file_may_stand_in_the_environment(cli, workspace_dir, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "DUAL_EXPERT_API_KEY_FILE", str(tmp_path / "missing"))
    found = cli("serve", "--workspace", workspace_dir, "--llm", "none", "--json")
    assert "missing" in found.document["error"]["message"]
