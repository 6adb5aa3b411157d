"""From options to everything that sessions share."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agents.domain_expert import DomainExpert
from agents.llm.prices import load_prices
from app.chat.chats import Chats, Files
from app.chat.experts import ExpertPool
from app.chat.lookup import CatalogLookup
from app.chat.records import RunSettings
from app.chat.storage import open_storage
from catalog.errors import CatalogError
from catalog.progress import Progress
from catalog.settings import Settings
from retrieval.workspace import Workspace


@dataclass(frozen=True)
class ChatOptions:
    """What a chat works on and where it writes; None takes a file beside the workspace.

    Attributes:
        store: of threads, a SQLite file or a Postgres URL.
        queue: review queue of decisions.
        cases: JSON lines of saved cases.
        prices: the user's own, before ours.
        reviewer: None takes the login name.
    """

    workspace: Path
    prompts: Path | None = None
    catalog: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    store: str | None = None
    queue: Path | None = None
    cases: Path | None = None
    prices: Path | None = None
    reviewer: str | None = None
    threshold: float | None = None

    def beside(self, ending: str) -> Path:
        """A file that outlives the workspace, which training replaces."""
        folder = self.workspace.resolve()
        return folder.with_name(f"{folder.name}.{ending}")


@contextmanager
def open_chats(options: ChatOptions, settings: Settings, progress: Progress) -> Iterator[Chats]:
    """Open workspace, experts and storage.

    Raises:
        WorkspaceError, SettingsError, PromptError, LLMUnavailable, CatalogError: something cannot be opened.
    """
    if options.catalog is not None and not options.catalog.exists():
        raise CatalogError(f"`{options.catalog}` does not exist.", fix="Correct `--catalog`.")
    workspace = Workspace(options.workspace)
    with progress.task("opening the workspace", None):
        domain_expert = DomainExpert.open(workspace, device=settings.device, threads=settings.threads)
    pool = ExpertPool(workspace, domain_expert, settings, options.prompts)
    run = RunSettings(
        top_k=settings.top_k, threshold=options.threshold, llm=settings.llm, strategy=settings.strategy
    )
    with progress.task(f"opening the language model {settings.llm}", None):
        pool.experts(run)
    with open_storage(options.store or str(options.beside("chat.sqlite"))) as storage:
        yield Chats(
            pool,
            storage,
            run=run,
            prices=load_prices(options.prices),
            files=Files(
                queue=options.queue or options.beside("review.sqlite"),
                cases=options.cases or options.beside("cases.jsonl"),
                reviewer=options.reviewer or getpass.getuser(),
            ),
            lookup=CatalogLookup(options.catalog, options.columns),
        )
