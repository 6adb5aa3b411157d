"""`Reply`: what one turn of a conversation gives back, for a terminal, a page or a tool."""

from typing import Any

from agents.case import Definition, Record
from app.chat.records import (
    Answer,
    Comparison,
    Contest,
    Decision,
    DefinitionEdit,
    Outcome,
    SavedCase,
    ThreadInfo,
    Turn,
)


class Detail(Record):
    """An outcome to be shown with everything that is known of it."""

    outcome: Outcome


class Undone(Record):
    """Attributes:
    outcome: that is talked about again.
    """

    outcome: Outcome


class History(Record):
    """Attributes:
    current: numbers of the outcomes from the first to the one that is talked about.
    """

    thread: str
    turns: tuple[Turn, ...]
    current: tuple[int, ...]


class Threads(Record):
    """Attributes:
    current: the thread that is open.
    """

    threads: tuple[ThreadInfo, ...]
    current: str


class Exported(Record):
    """A thread written down.

    Attributes:
        file: it was written to; empty when `text` is to be shown.
    """

    format: str
    file: str
    text: str


class Opened(Record):
    """A thread was opened.

    Attributes:
        outcome: that is talked about; None in an empty thread.
        stale: the workspace has changed since.
    """

    thread: ThreadInfo
    outcome: Outcome | None
    stale: bool


class Notice(Record):
    """Something to be told."""

    text: str


class Help(Record):
    """The commands: how each is written, and what it does."""

    commands: tuple[tuple[str, str], ...]


class Problem(Record):
    """The turn was refused; nothing has changed.

    Attributes:
        error: kind of the error.
    """

    message: str
    fix: str
    error: str


Body = (
    Outcome
    | Detail
    | Undone
    | Comparison
    | Contest
    | Definition
    | DefinitionEdit
    | Answer
    | Decision
    | SavedCase
    | History
    | Threads
    | Exported
    | Opened
    | Notice
    | Help
    | Problem
)

_KINDS: dict[type[Record], str] = {
    Outcome: "outcome",
    Detail: "detail",
    Undone: "undone",
    Comparison: "comparison",
    Contest: "contest",
    Definition: "definition",
    DefinitionEdit: "definition_edit",
    Answer: "answer",
    Decision: "decision",
    SavedCase: "case",
    History: "history",
    Threads: "threads",
    Exported: "export",
    Opened: "opened",
    Notice: "notice",
    Help: "help",
    Problem: "error",
}


class Reply(Record):
    """Attributes:
    turn: number of the turn in its thread; 0 for what a thread does not keep.
    """

    thread: str
    turn: int
    body: Body

    @property
    def kind(self) -> str:
        return _KINDS[type(self.body)]

    def document(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {
            "thread": self.thread,
            "turn": self.turn,
            "kind": self.kind,
            self.kind: self.body.model_dump(mode="json"),
        }
