"""What all sessions of a process share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agents.llm.prices import Prices
from app.chat.experts import ExpertPool
from app.chat.records import RunSettings, ThreadInfo
from app.chat.session import Session
from app.chat.storage import Storage
from app.chat.threads import ThreadStore
from catalog.errors import SettingsError
from catalog.product import Product


@dataclass(frozen=True)
class Files:
    """Where a session writes what leaves it.

    Attributes:
        queue: SQLite file of the review queue.
        cases: JSON lines of saved cases.
        reviewer: who decides and edits.
    """

    queue: Path
    cases: Path
    reviewer: str


class Chats:
    """What sessions share: experts, storage and defaults; opened once a process.

    Args:
        run: settings of a product that is given.
        lookup: a product of the catalog by its id; raises SettingsError when it has none.
    """

    def __init__(
        self,
        pool: ExpertPool,
        storage: Storage,
        *,
        run: RunSettings,
        prices: Prices,
        files: Files,
        lookup: Callable[[str], Product],
    ) -> None:
        self.pool = pool
        self.storage = storage
        self.store = ThreadStore(storage.store)
        self.run = run
        self.prices = prices
        self.files = files
        self.lookup = lookup

    def new(self) -> Session:
        """A session with an empty thread."""
        workspace = self.pool.workspace
        return Session(self, self.store.create(str(workspace.folder), workspace.fingerprint))

    def reopen(self, thread_id: str) -> Session:
        """The session of a thread that was kept.

        Raises:
            SettingsError: there is no such thread.
        """
        return Session(self, self.store.thread(thread_id))

    def threads(self) -> list[ThreadInfo]:
        """The last used first."""
        return self.store.threads()

    def last(self) -> str:
        """Id of the thread used last.

        Raises:
            SettingsError: there is none.
        """
        threads = self.threads()
        if not threads:
            raise SettingsError("There are no threads yet.", fix="Leave `--thread` out.")
        return threads[0].thread_id

    @cached_property
    def categories(self) -> dict[str, str]:
        """Path of every category by its id."""
        return {c.category_id: c.category_path for c in self.pool.domain_expert.taxonomy.categories}
