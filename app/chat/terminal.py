"""The chat on a terminal, in a pipe, and as JSON lines."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.status import Status
from rich.text import Text

from app.chat.conversation import Conversation
from app.chat.lines import turns_of
from app.chat.rendering.replies import parts
from app.chat.rendering.texts import milliseconds, safe
from app.chat.replies import Reply
from app.chat.runs import Listener, NodeEvent

_PIPE_WIDTH = 100
GREETING = "Paste a product, or type /help. Ctrl-D leaves; the thread is kept."


class Terminal:
    """Replies for people.

    Args:
        echo: show what was said, where nobody typed it.
    """

    def __init__(self, *, echo: bool = False) -> None:
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        self._console = Console(markup=False, emoji=False, highlight=False, width=width)
        self._echo = echo

    def say(self, text: str) -> None:
        self._console.print(safe(text, "dim"))

    def show(self, reply: Reply) -> None:
        for part in parts(reply.body):
            self._console.print(part, soft_wrap=reply.kind == "export")
        self._console.print()

    def turn(self, conversation: Conversation, text: str) -> Reply:
        """Take a turn: nodes appear as they run, then the reply."""
        if self._echo:
            self._console.print(Text.assemble(("› ", "dim"), safe(text)))
        with self._waiting() as status:
            reply = conversation.say(text, self._listener(status))
        self.show(reply)
        return reply

    def _waiting(self) -> AbstractContextManager[Status | None]:
        return self._console.status("…") if self._console.is_terminal else nullcontext(None)

    def _listener(self, status: Status | None) -> Listener:
        def listen(event: NodeEvent) -> None:
            if event.ended:
                time = milliseconds(event.ms).rjust(10)
                line = Text.assemble((f"  {event.node:<10}{time}  ", "dim"), safe(event.line, "dim"))
                self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
            elif status is not None:
                status.update(Text(f"{event.node} …", style="dim"))

        return listen


class JsonLines:
    """One JSON object a turn on stdout, and nothing else there."""

    def say(self, text: str) -> None:
        del text

    def show(self, reply: Reply) -> None:
        sys.stdout.write(json.dumps(reply.document(), ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()

    def turn(self, conversation: Conversation, text: str) -> Reply:
        reply = conversation.say(text)
        self.show(reply)
        return reply


def converse(conversation: Conversation, shown: Terminal | JsonLines, turns: Iterable[str]) -> int:
    """Take turns until somebody quits or nobody says more.

    Returns:
        How many turns were refused.
    """
    refused = 0
    for text in turns:
        refused += shown.turn(conversation, text).kind == "error"
        if conversation.over:
            break
    return refused


def stoppable(conversation: Conversation, shown: Terminal, turns: Iterable[str]) -> None:
    """`converse` at a keyboard: Ctrl-C ends the turn that is under way, and nothing of it is kept."""
    waiting = iter(turns)
    while not conversation.over:
        try:
            converse(conversation, shown, waiting)
        except KeyboardInterrupt:
            shown.say("Stopped.")
        else:
            return


def piped() -> Iterator[str]:
    """Turns from stdin that is no terminal."""
    return turns_of(sys.stdin)
