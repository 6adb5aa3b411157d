"""`dual-expert chat`: talk about one product at a time."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK, finished
from app.options import (
    Columns,
    ModelOptions,
    OutputOptions,
    PriceOptions,
    Threshold,
    TopK,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.chat.chats import Chats
    from app.chat.opening import ChatOptions

_FILES = "Files"
_WEB = "Browser"


@dataclass(frozen=True)
class FileOptions:
    """Where a chat reads and writes."""

    catalog: Annotated[
        Path | None,
        typer.Option(metavar="CATALOG", rich_help_panel=_FILES, help="For `/product ID`."),
    ] = None
    column: Columns = None
    store: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_URL",
            rich_help_panel=_FILES,
            help="Of the threads: SQLite, or `postgresql://…`; else beside the workspace.",
        ),
    ] = None
    queue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_FILES, help="Review queue, for decisions."),
    ] = None
    cases: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_FILES, help="JSON lines, for saved cases."),
    ] = None
    reviewer: Annotated[
        str | None,
        typer.Option(rich_help_panel=_FILES, help="Who decides; else the name you are logged in by."),
    ] = None

    def chat(
        self, workspace: Path, prompts: Path | None, prices: Path | None, threshold: float | None
    ) -> "ChatOptions":
        from app.chat.opening import ChatOptions

        return ChatOptions(
            workspace,
            prompts=prompts,
            catalog=self.catalog,
            columns=column_mapping(self.column),
            store=self.store,
            queue=self.queue,
            cases=self.cases,
            prices=prices,
            reviewer=self.reviewer,
            threshold=threshold,
        )


@dataclass(frozen=True)
class PageOptions:
    """The same in a browser."""

    web: Annotated[bool, typer.Option("--web", rich_help_panel=_WEB, help="Chat in a browser.")] = False
    host: Annotated[
        str, typer.Option(rich_help_panel=_WEB, help="Address to listen on; another one needs a password.")
    ] = "127.0.0.1"
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, rich_help_panel=_WEB, help="Port to listen on; 0 takes a free one."),
    ] = 8080
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_WEB, help="Ask for the password in its first line."),
    ] = None
    reports: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", rich_help_panel=_WEB, help="Link the pages in this folder; repeatable."),
    ] = None


def chat(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    files: FileOptions,
    prices: PriceOptions,
    pages: PageOptions,
    output: OutputOptions,
    thread: Annotated[
        str | None, typer.Option(metavar="ID", help="Reopen this thread; `last` is the one used last.")
    ] = None,
    k: TopK = None,
    threshold: Threshold = None,
) -> int:
    """Paste a product, see how it is decided, ask why not and what if. Reads a script from a pipe too."""
    out = Output(output)
    options = files.chat(workspace, models.prompts, prices.prices, threshold)
    serving = _serving(pages, thread, output) if pages.web else None
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.chat.opening import open_chats

    with open_chats(options, settings, out.progress) as chats:
        if serving is not None:
            return serving(chats)
        return _talk(chats, thread, as_json=output.as_json)


def _serving(pages: PageOptions, thread: str | None, output: OutputOptions) -> "Callable[[Chats], int]":
    """What serves the pages; everything that can be refused is, before models are opened."""
    if thread is not None or output.as_json:
        fix = "Leave `--thread` and `--json` out; the pages list the threads."
        raise SettingsError("The browser takes the place of the terminal.", fix=fix)
    try:
        from app.web.server import WebOptions, serve
    except ModuleNotFoundError as missing:
        fix = "Install it: `pip install 'dual-expert[web]'`."
        raise SettingsError(f"`--web` needs the extra `web` ({missing.name}).", fix=fix) from missing
    from app.web.access import checked_password

    password = checked_password(pages.host, pages.password_file)
    options = WebOptions(pages.host, pages.port, password, pages.reports or ())

    def serving(chats: "Chats") -> int:
        serve(chats, options, lambda url: print(f"The chat is at {url}; Ctrl-C ends it.", flush=True))
        return OK

    return serving


def _talk(chats: "Chats", thread: str | None, *, as_json: bool) -> int:
    from app.chat.conversation import Conversation
    from app.chat.terminal import GREETING, JsonLines, Terminal, converse, piped, stoppable

    conversation = Conversation(chats, chats.last() if thread == "last" else thread)
    at_keyboard = sys.stdin.isatty() and not as_json
    terminal = Terminal(echo=not at_keyboard)
    shown = JsonLines() if as_json else terminal
    if thread is not None:
        shown.show(conversation.opened())
    if not at_keyboard:
        return finished(converse(conversation, shown, piped()))
    from app.chat.prompting import ChatCompleter, typed

    terminal.say(GREETING)
    completer = ChatCompleter(list(chats.categories.values()), lambda: [t.thread_id for t in chats.threads()])
    said = [turn.said for turn in conversation.session.turns()]
    stoppable(conversation, terminal, typed(completer, said))
    return OK
