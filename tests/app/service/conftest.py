"""A service over the small workspace, asked in this process."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from agents.case import Case, Deliberation
from app.service.batcher import Batcher, BatchLimits
from app.service.core import Service
from app.service.definitions import Definitions
from app.service.guard import Limits
from app.service.keys import Keys
from app.service.metrics import Metrics
from app.service.web import Access, build_app
from graph.context import Experts
from graph.open import Opening, open_experts

T = TypeVar("T")

NO_KEYS = Keys({})
USUAL = BatchLimits()
OPEN = Access(per_second=1e6)
BED = {"product_id": "b", "title": "Orthopaedic dog bed"}
BED_PATH = "Pet Supplies > Dogs > Dog Beds"


@dataclass
class WaitingExpert:
    """A general expert that answers when it is let to, or fails; for faults only."""

    error: Exception | None = None
    go: threading.Event = field(default_factory=threading.Event)
    cases: list[Case] = field(default_factory=list)
    model: str = "waiting"
    prompt: str = "general_expert/rank.v1"

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        del explain
        self.cases.append(case)
        self.go.wait(20)
        if self.error:
            raise self.error
        count = len(case.recommendation.candidates)
        return self._deliberation(tuple(1.0 / count for _ in range(count)))

    def failed(self, case: Case, error: str) -> Deliberation:
        del case
        return self._deliberation((), error)

    def _deliberation(self, probabilities: tuple[float, ...], error: str | None = None) -> Deliberation:
        return Deliberation(
            scores=probabilities,
            probabilities=probabilities,
            reasoning=None,
            definitions=(),
            prompt=self.prompt,
            model=self.model,
            error=error,
        )


@pytest.fixture(scope="session")
def experts(workspace_dir: Path) -> Experts:
    return open_experts(Opening(workspace_dir, device="cpu", threads=1))


@dataclass
class Made:
    """Makes services; each is for one event loop."""

    experts: Experts
    folder: Path

    def service(
        self,
        general_expert: Any = None,
        limits: BatchLimits = USUAL,
        timeout_s: float = 20.0,
        definitions: Path | None = None,
    ) -> Service:
        metrics = Metrics()
        experts = replace(self.experts, general_expert=general_expert)
        batcher = Batcher(experts, limits, on_chunk=metrics.chunk, on_waiting=metrics.waiting.set)
        return Service(
            fingerprint="f",
            batcher=batcher,
            definitions=Definitions(definitions or self.folder / "definitions.sqlite"),
            queue=self.folder / "review.sqlite",
            metrics=metrics,
            top_k=5,
            timeout_s=timeout_s,
        )

    def app(self, access: Access = OPEN, **options: Any) -> FastAPI:
        return build_app(self.service(**options), access)


@pytest.fixture
def made(experts: Experts, tmp_path: Path) -> Made:
    return Made(experts, tmp_path)


def talk(app: FastAPI, say: Callable[[httpx.AsyncClient], Awaitable[T]], **headers: str) -> T:
    """What a client of a running application makes of it."""

    async def run() -> T:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client,
        ):
            return await say(client)

    return asyncio.run(run())


def asked(app: FastAPI, method: str, path: str, **more: Any) -> httpx.Response:
    """One request."""
    return talk(app, lambda client: client.request(method, path, **more))


def small(**limits: float) -> Access:
    return Access(per_second=1e6, limits=Limits(**limits))  # type: ignore[arg-type]  # two kinds of numbers


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The URL of an application on a socket of loopback, as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
