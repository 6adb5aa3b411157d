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

if TYPE_CHECKING:
    from app.chat.chats import Chats
    from app.chat.opening import ChatOptions

_FILES = "Files"


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


def chat(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    files: FileOptions,
    prices: PriceOptions,
    output: OutputOptions,
    thread: Annotated[
        str | None, typer.Option(metavar="ID", help="Reopen this thread; `last` is the one used last.")
    ] = None,
    k: TopK = None,
    threshold: Threshold = None,
) -> int:
    """Paste a product, see how it is decided, ask why not and what if. Reads a script from a pipe too."""
    out = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.chat.opening import open_chats

    options = files.chat(workspace, models.prompts, prices.prices, threshold)
    with open_chats(options, settings, out.progress) as chats:
        return _talk(chats, thread, as_json=output.as_json)


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
