"""Results on stdout, as a rendering or one JSON document; everything else on stderr."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.logging import RichHandler
from rich.table import Table

from app.exits import STOPPED
from app.options import OutputOptions
from app.progress import ConsoleProgress
from catalog.errors import DualExpertError


@dataclass(frozen=True)
class Problem:
    """What is wrong, how to mend it, and of which kind it is."""

    message: str
    fix: str
    kind: str


class Output:
    """Where a command puts what it has to say.

    Attributes:
        messages: the console of stderr. Neither console reads markup: product texts hold brackets.
    """

    def __init__(self, options: OutputOptions) -> None:
        self._options = options
        self.messages = Console(stderr=True, markup=False, highlight=False)
        _log_to(self.messages, tracebacks=options.debug)

    @cached_property
    def progress(self) -> ConsoleProgress:
        return ConsoleProgress(self.messages)

    def show(self, document: Mapping[str, Any], *rendering: RenderableType) -> None:
        """Print a result.

        Args:
            document: what `--json` prints.
            rendering: what people read instead; empty parts are left out.
        """
        if self._options.as_json:
            print_json(document)
            return
        results = Console(markup=False, highlight=False)
        for part in filter(None, rendering):
            # Sentences and paths are never broken where there is no terminal to break them for.
            results.print(part, soft_wrap=isinstance(part, str))

    def failed(self, error: Exception) -> None:
        """Report why the command could not run."""
        if self._options.debug:
            self.messages.print("".join(traceback.format_exception(error)), soft_wrap=True)
        self.problem(_problem_of(error))

    def problem(self, problem: Problem) -> None:
        if self._options.as_json:
            print_json({"error": asdict(problem)})
            return
        self.messages.print(f"Error: {problem.message}", style="red", soft_wrap=True)
        if problem.fix:
            self.messages.print(f"Fix: {problem.fix}", soft_wrap=True)

    @contextmanager
    def resumable(self) -> Iterator[None]:
        """Around work that keeps what it has done: Ctrl-C ends it with the exit code that says so."""
        try:
            yield
        except KeyboardInterrupt:
            self.problem(Problem("Stopped.", "Run the same again: it goes on where it was.", "Stopped"))
            raise typer.Exit(STOPPED) from None


def _problem_of(error: Exception) -> Problem:
    kind = type(error).__name__
    if isinstance(error, DualExpertError):
        return Problem(error.message, error.fix, kind)
    return Problem(f"{kind}: {error}", "Run it again with `--debug` for the traceback.", kind)


def plain(text: str) -> str:
    """Text of strangers without what could steer a terminal."""
    from catalog.text import normalise

    return normalise(text)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def table(title: str, *columns: str) -> Table:
    """A table whose columns after the first are figures."""
    made = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        made.add_column(column, justify="right" if i else "left", overflow="fold")
    return made


def _log_to(console: Console, *, tracebacks: bool) -> None:
    handler = RichHandler(console=console, show_path=False, markup=False)
    if not tracebacks:
        handler.addFilter(_without_traceback)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
