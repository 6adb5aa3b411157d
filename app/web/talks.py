"""Conversations of browser tabs: off the event loop, and one turn of a thread at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from app.chat.chats import Chats
from app.chat.commands import read_command
from app.chat.conversation import Conversation
from app.chat.export import exported
from app.chat.records import Turn
from app.chat.replies import Exported, Problem, Reply
from app.chat.runs import NodeEvent
from catalog.errors import DualExpertError

T = TypeVar("T")

# Turns that run at the same time; the experts share one machine.
_TURNS: Final = 4
# A file name would be one of the server's, which is not the browser's to write.
_DOWNLOAD: Final = Problem(
    message="A page writes no files on the server.",
    fix="Write `/export markdown` or `/export json`; the browser saves it.",
    error="SettingsError",
)


class Talks:
    """What all tabs share."""

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self._turns = ThreadPoolExecutor(_TURNS, thread_name_prefix="turn")
        self._locks: dict[str, asyncio.Lock] = {}

    async def open(self, thread_id: str | None) -> "Talk":
        """A tab on a thread, or on a new one.

        Raises:
            SettingsError: there is no such thread.
        """
        return Talk(self, await self.off_loop(lambda: Conversation(self.chats, thread_id)))

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Do something slow in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._turns, work)

    def lock(self, thread_id: str) -> asyncio.Lock:
        """Of a thread: two tabs may have it open."""
        return self._locks.setdefault(thread_id, asyncio.Lock())


class Talk:
    """One tab."""

    def __init__(self, talks: Talks, conversation: Conversation) -> None:
        self._talks = talks
        self._conversation = conversation

    @property
    def thread_id(self) -> str:
        return self._conversation.session.thread.thread_id

    @property
    def kept(self) -> bool:
        """Whether anything was said that a thread keeps."""
        return self._conversation.session.thread.turns > 0

    def opened(self) -> Reply:
        return self._conversation.opened()

    async def turns(self) -> list[Turn]:
        """The history."""
        return await self._talks.off_loop(self._conversation.session.turns)

    async def say(self, text: str, listen: Callable[[NodeEvent], None]) -> Reply:
        """Take a turn; `listen` is called on the event loop."""
        loop = asyncio.get_running_loop()

        def heard(event: NodeEvent) -> None:
            loop.call_soon_threadsafe(listen, event)

        async with self._talks.lock(self.thread_id):
            return await self._talks.off_loop(lambda: self._take(text, heard))

    def _take(self, text: str, listen: Callable[[NodeEvent], None]) -> Reply:
        if self.kept:  # another tab may have gone on since
            session = self._conversation.session
            session.thread = self._talks.chats.reopen(self.thread_id).thread
        export = self._export(text)
        return export or self._conversation.say(text, listen)

    def _export(self, text: str) -> Reply | None:
        """What a page answers to `export`; None for everything else."""
        try:
            command = read_command(text)
        except DualExpertError:
            return None  # the conversation says what is wrong
        if command.name != "export":
            return None
        form = {"": "markdown", "markdown": "markdown", "md": "markdown", "json": "json"}.get(
            command.argument
        )
        body: Exported | Problem = (
            exported(self._conversation.session, form, "") if form is not None else _DOWNLOAD
        )
        return Reply(thread=self.thread_id, turn=0, body=body)
