"""A conversation: text in, a reply out. The same for a terminal, a page in a browser, and a tool."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.chat.changes import read_change
from app.chat.chats import Chats
from app.chat.commands import FORMS, Command, read_command
from app.chat.decisions import accept, decide, save_case
from app.chat.export import exported
from app.chat.paste import read_product
from app.chat.questions import answer_question
from app.chat.replies import (
    Body,
    Detail,
    Help,
    History,
    Notice,
    Opened,
    Problem,
    Reply,
    Threads,
    Undone,
)
from app.chat.runs import Listener
from app.chat.session import Session
from app.chat.summaries import summary
from catalog.errors import DualExpertError, SettingsError
from prompts.watch import PromptWatch

logger = logging.getLogger(__name__)

# Looking around is no part of a thread.
_UNKEPT: Final = frozenset(("help", "history", "threads", "thread", "new", "show", "trace", "quit", "export"))


class Conversation:
    """One user's talk; moves from thread to thread.

    Args:
        thread_id: to reopen; None begins a new one.

    Raises:
        SettingsError: there is no such thread.
    """

    def __init__(self, chats: Chats, thread_id: str | None = None) -> None:
        self.chats = chats
        self.session: Session = chats.new() if thread_id is None else chats.reopen(thread_id)
        self.over = False
        self._watch = PromptWatch(chats.pool.prompts)

    def opened(self) -> Reply:
        """The thread as it stands."""
        return self._reply(0, self._opened())

    def say(self, text: str, listen: Listener = lambda _: None) -> Reply:
        """Take a turn. What is refused, or fails, is a reply too: no input ends a conversation.

        Args:
            listen: told of every node that begins or ends.
        """
        if self._watch.changed():
            self.chats.pool.forget()
        name = "error"
        try:
            command = read_command(text)
            name = command.name
            body = self._do(command, listen)
        except DualExpertError as error:
            body = Problem(message=error.message, fix=error.fix, error=type(error).__name__)
        except Exception as error:  # a bug must not cost the thread
            logger.exception("the turn failed")
            kind = type(error).__name__
            body = Problem(
                message=f"{kind}: {error}", fix="Start with `--debug` for the traceback.", error=kind
            )
        if name in _UNKEPT:
            return self._reply(0, body)
        return self._kept(text, body)

    def _kept(self, text: str, body: Body) -> Reply:
        reply = self._reply(self.session.thread.turns + 1, body)
        self.session.record(text, reply.kind, summary(body))
        return reply

    def _reply(self, turn: int, body: Body) -> Reply:
        return Reply(thread=self.session.thread.thread_id, turn=turn, body=body)

    def _do(self, command: Command, listen: Listener) -> Body:
        return _DOING[command.name](self, command.argument, listen)

    def _classify(self, text: str, listen: Listener) -> Body:
        thread = self.session.thread
        name = f"chat-{thread.thread_id}-{thread.outcomes + 1}"
        return self.session.classify(read_product(text, name), listen)

    def _product(self, product_id: str, listen: Listener) -> Body:
        return self.session.classify(self.chats.lookup(product_id), listen)

    def _why_not(self, category: str, listen: Listener) -> Body:
        return self.session.why_not(category, listen)

    def _what_if(self, text: str, listen: Listener) -> Body:
        return self.session.what_if(read_change(text, self.session.prompt), listen)

    def _definition(self, category: str, listen: Listener) -> Body:
        del listen
        return self.session.definition(category)

    def _edit_definition(self, text: str, listen: Listener) -> Body:
        category, colon, definition = text.partition(":")
        if not colon:
            fix = "Write `/edit-definition CATEGORY: TEXT`."
            raise SettingsError("The new definition is missing.", fix=fix)
        return self.session.edit_definition(category.strip(), definition, listen)

    def _accept(self, _: str, listen: Listener) -> Body:
        del listen
        return accept(self.session)

    def _correct(self, category: str, listen: Listener) -> Body:
        del listen
        return decide(self.session, self.session.category(category))

    def _save_case(self, truth: str, listen: Listener) -> Body:
        del listen
        answer = self.session.current.verdict.category_path
        return save_case(self.session, self.session.category(truth) if truth else answer)

    def _show(self, number: str, listen: Listener) -> Body:
        del listen
        if not number:
            return self.session.current
        if not number.isdecimal():
            raise SettingsError(f"{number!r} is no number of an outcome.", fix="See them with `/history`.")
        return self.session.outcome(int(number))

    def _trace(self, _: str, listen: Listener) -> Body:
        del listen
        return Detail(outcome=self.session.current)

    def _history(self, _: str, listen: Listener) -> Body:
        del listen
        thread = self.session.thread
        return History(thread=thread.thread_id, turns=tuple(self.session.turns()), current=thread.current)

    def _undo(self, _: str, listen: Listener) -> Body:
        del listen
        return Undone(outcome=self.session.undo())

    def _export(self, argument: str, listen: Listener) -> Body:
        del listen
        words = argument.split(maxsplit=1)
        named = words[0].lower() if words else ""
        known = {"markdown": "markdown", "md": "markdown", "json": "json"}
        file = (words[1] if len(words) > 1 else "") if named in known else argument
        ending = Path(file).suffix.removeprefix(".").lower()
        return exported(self.session, known.get(named) or known.get(ending, "markdown"), file)

    def _threads(self, _: str, listen: Listener) -> Body:
        del listen
        return Threads(threads=tuple(self.chats.threads()), current=self.session.thread.thread_id)

    def _thread(self, thread_id: str, listen: Listener) -> Body:
        del listen
        self.session = self.chats.reopen(thread_id)
        return self._opened()

    def _new(self, _: str, listen: Listener) -> Body:
        del listen
        self.session = self.chats.new()
        return self._opened()

    def _reload(self, _: str, listen: Listener) -> Body:
        del listen
        self.chats.pool.forget()
        return Notice(text="Prompts and definitions are read again at the next run.")

    def _ask(self, question: str, listen: Listener) -> Body:
        del listen
        outcome = self.session.current
        llm = self.chats.pool.llm(outcome.settings.llm)
        if llm is None:
            fix = "Slash commands answer without one, see `/help`; or start with `--llm embedded`."
            raise SettingsError("There is no language model to answer questions.", fix=fix)
        return answer_question(llm, outcome, question)

    def _help(self, _: str, listen: Listener) -> Body:
        del listen
        return Help(commands=tuple((f"/{f.name} {f.argument}".strip(), f.help) for f in FORMS))

    def _quit(self, _: str, listen: Listener) -> Body:
        del listen
        self.over = True
        return Notice(
            text=f"Kept as thread {self.session.thread.thread_id}." if self.session.thread.turns else ""
        )

    def _opened(self) -> Opened:
        session = self.session
        current = session.current if session.thread.current else None
        return Opened(thread=session.thread, outcome=current, stale=session.stale)


_Doing = Callable[[Conversation, str, Listener], Body]
_DOING: Final[dict[str, _Doing]] = {
    form.name: getattr(Conversation, f"_{form.name.replace('-', '_')}") for form in FORMS
}
