"""Turns typed at a terminal: history, completion, and a paste of several lines as one turn."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from app.chat.changes import CHANGEABLE
from app.chat.commands import BY_NAME, FORMS
from app.output import plain

_MOST = 12
_SPOKEN = {"why not ": "why-not", "what if ": "what-if", "correct to ": "correct"}


class ChatCompleter(Completer):
    """Completes slash commands, then what they take.

    Args:
        categories: paths of the taxonomy.
        threads: ids of threads; asked when they are wanted.
    """

    def __init__(self, categories: Sequence[str], threads: Callable[[], Iterable[str]]) -> None:
        self._categories = [(path, path.casefold()) for path in map(plain, categories)]
        self._threads = threads

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """For the text before the cursor."""
        text = document.text_before_cursor
        if "\n" in text:
            return
        if text.startswith("/") and " " not in text:
            for form in FORMS:
                if form.name.startswith(text[1:].lower()):
                    yield Completion(f"/{form.name}", -len(text), display_meta=form.help)
            return
        name, argument = _command(text)
        yield from (Completion(found, -len(argument)) for found in self._found(name, argument))

    def _found(self, name: str, argument: str) -> Iterator[str]:
        takes = BY_NAME[name].takes if name in BY_NAME else ""
        if takes == "category" and argument:
            yield from self._matching(argument)
        elif takes == "change" and "=" not in argument:
            yield from (f"{word} = " for word in CHANGEABLE if word.startswith(argument.lower()))
        elif takes == "thread":
            yield from (i for i in self._threads() if i.startswith(argument))
        elif takes == "format":
            yield from (word for word in ("markdown", "json") if word.startswith(argument))

    def _matching(self, typed: str) -> Iterator[str]:
        """Paths that hold every word typed; those whose leaf begins so come first."""
        words = typed.casefold().split()
        found = [(path, low) for path, low in self._categories if all(word in low for word in words)]
        found.sort(key=lambda pair: (not pair[1].rpartition(" > ")[2].startswith(typed.casefold()), pair[1]))
        yield from (path for path, _ in found[:_MOST])


def _command(text: str) -> tuple[str, str]:
    """Name of the command that is being typed, and its argument so far."""
    if text.startswith("/"):
        name, _, argument = text[1:].partition(" ")
        return name.lower(), argument.lstrip()
    for spoken, name in _SPOKEN.items():
        if text.lower().startswith(spoken):
            return name, text[len(spoken) :]
    return "", ""


def typed(completer: Completer, said: Iterable[str]) -> Iterator[str]:
    """Turns until Ctrl-D; Ctrl-C drops what was typed.

    Args:
        said: earlier turns, for the arrow keys.
    """
    history = InMemoryHistory(list(said))
    session: PromptSession[str] = PromptSession(
        history=history, completer=completer, complete_while_typing=True
    )
    while True:
        try:
            text = session.prompt("› ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.strip():
            yield text
