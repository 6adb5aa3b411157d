"""What every page needs, opened once a process."""

from dataclasses import dataclass

from app.chat.chats import Chats
from app.web.categories import CategoryTree
from app.web.reports import Reports
from app.web.talks import Talks


@dataclass(frozen=True)
class Site:
    """Attributes:
    tree: of the workspace's categories.
    locked: pages ask for a password.
    """

    chats: Chats
    talks: Talks
    tree: CategoryTree
    reports: Reports
    locked: bool

    @classmethod
    def of(cls, chats: Chats, reports: Reports, *, locked: bool) -> "Site":
        return cls(chats, Talks(chats), CategoryTree(chats.categories), reports, locked)
