"""The pages over the small workspace, with rules as the general expert, and a browser to open them."""

import asyncio
import shutil
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.domain_expert import DomainExpert
from agents.llm.prices import load_prices
from app.chat.chats import Chats, Files
from app.chat.lookup import CatalogLookup
from app.chat.records import RunSettings
from app.chat.storage import open_storage
from catalog.settings import load_settings
from retrieval.workspace import Workspace
from tests.app.chat.conftest import RulePool

WIDE = 12_000
_SECONDS = 20_000  # milliseconds that a busy machine may take for what the tests wait for


@dataclass(frozen=True)
class Served:
    """Pages that can be opened.

    Attributes:
        queue: their review queue.
    """

    url: str
    queue: Path
    chats: Chats


@contextmanager
def opened_chats(workspace: Path, catalog: Path, folder: Path) -> Iterator[Chats]:
    """Chats whose gate accepts nothing; 12,000 more categories can be chosen."""
    domain_expert = DomainExpert.open(Workspace(workspace), device="cpu", threads=1)
    pool = RulePool(Workspace(workspace), domain_expert, load_settings(), None)
    with open_storage(str(folder / "threads.sqlite")) as storage:
        chats = Chats(
            pool,
            storage,
            run=RunSettings(llm="rules", top_k=3, threshold=1.0),
            prices=load_prices(),
            files=Files(folder / "review.sqlite", folder / "cases.jsonl", "Ann"),
            lookup=CatalogLookup(catalog, {}),
        )
        wide = {f"w{i}": f"Department {i % 40} > Shelf {i % 600} > Thing number {i}" for i in range(WIDE)}
        chats.__dict__["categories"] = chats.categories | wide
        yield chats


@pytest.fixture(scope="session")
def served(
    workspace_dir: Path, tiny_catalog: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Pages on loopback, one server for all tests: the framework has one a process."""
    pytest.importorskip("nicegui")
    import uvicorn

    from app.web.server import WebOptions, build_app

    folder = tmp_path_factory.mktemp("web")
    workspace = folder / "workspace"
    shutil.copytree(workspace_dir, workspace)
    reports = folder / "reports"
    reports.mkdir()
    (reports / "report.html").write_text("<h1>A batch</h1>", "utf-8")
    with opened_chats(workspace, tiny_catalog, folder) as chats:
        app = build_app(chats, WebOptions(reports=[reports]))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run)
        with warnings.catch_warnings():
            # As it starts, the framework looks at every object there is, deprecated ones of torch too.
            warnings.simplefilter("ignore", FutureWarning)
            thread.start()
            url = _url(server)
        yield Served(url, chats.files.queue, chats)
        server.should_exit = True
        thread.join(30)


def _url(server: Any) -> str:
    """As soon as it listens."""
    waiting = threading.Event()
    for _ in range(300):
        if server.started:
            host, port = server.servers[0].sockets[0].getsockname()[:2]
            return f"http://{host}:{port}"
        waiting.wait(0.1)
    raise RuntimeError("the pages do not start")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium here")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
        asyncio.set_event_loop(None)


@pytest.fixture
def page(served: Served, browser: Any) -> Iterator[Any]:
    """A new chat in a new tab; errors of its scripts fail the test."""
    tab = new_tab(served, browser, viewport={"width": 1280, "height": 900})
    tab.goto("/")
    tab.wait_for_selector("textarea.say-input")
    yield tab
    tab.context.close()
    assert tab.broken == []


def new_tab(served: Served, browser: Any, **options: Any) -> Any:
    """A tab with cookies of its own; `broken` are the errors of its scripts."""
    tab = browser.new_context(base_url=served.url, **options).new_page()
    tab.set_default_timeout(_SECONDS)
    tab.broken = []
    tab.on("pageerror", lambda error: tab.broken.append(str(error)))
    return tab
