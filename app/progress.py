"""Progress on stderr: a live line on a terminal, now and then a plain line elsewhere."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from catalog.progress import Advance

_SECONDS_BETWEEN_LINES = 10.0
_WORTH_A_LINE_SECONDS = 2.0
_HEAD_START_SECONDS = 0.2
_MINUTE = 60
_HOUR = 3600


class Meter:
    """How far a task is and how fast it goes.

    Steps that are counted within the first moment were done before, by a run that is continued: they are no
    measure of speed.
    """

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self._head_start = 0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def rate(self) -> float:
        """Steps a second."""
        return (self.done - self._head_start) / max(self.seconds, 1e-9)

    def advance(self, steps: int) -> None:
        self.done += steps
        if self.seconds < _HEAD_START_SECONDS:
            self._head_start = self.done

    def __str__(self) -> str:
        """Such as `120 of 320, 26.1/s, 8 s left`."""
        if self.total is None and not self.done:
            return duration(self.seconds)
        parts = [f"{self.done:,}" if self.total is None else f"{self.done:,} of {self.total:,}"]
        if self.rate:
            parts.append(f"{self.rate:,.1f}/s" if self.rate >= 1 else f"{1 / self.rate:,.1f} s each")
        if self.rate and self.total is not None and self.done < self.total:
            parts.append(f"{duration((self.total - self.done) / self.rate)} left")
        return ", ".join(parts)


class ConsoleProgress:
    """A `catalog.progress.Progress` that writes to a console; threads may share it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[meter]}", markup=False),
            console=console,
            transient=True,
        )
        self._open = 0
        self._lock = Lock()

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """Show a piece of work until it is left; what took a while leaves a line behind."""
        meter = Meter(name, total)
        with self._shown(meter) as advance:
            yield advance
        if meter.seconds >= _WORTH_A_LINE_SECONDS:
            count = f"{meter.done:,} in " if meter.done else ""
            self.say(f"{name}: {count}{duration(meter.seconds)}")

    def say(self, message: str) -> None:
        self._console.print(message, style="dim", soft_wrap=True)

    def _shown(self, meter: Meter) -> AbstractContextManager[Advance]:
        return self._bar(meter) if self._console.is_terminal else self._lines(meter)

    @contextmanager
    def _bar(self, meter: Meter) -> Iterator[Advance]:
        self._enter()
        task = self._live.add_task(meter.name, total=meter.total, meter=meter)

        def advance(steps: int) -> None:
            with self._lock:
                meter.advance(steps)
            self._live.update(task, completed=meter.done)

        try:
            yield advance
        finally:
            self._live.remove_task(task)
            self._leave()

    @contextmanager
    def _lines(self, meter: Meter) -> Iterator[Advance]:
        due = time.monotonic() + _SECONDS_BETWEEN_LINES

        def advance(steps: int) -> None:
            nonlocal due
            with self._lock:
                meter.advance(steps)
                if time.monotonic() >= due:
                    due = time.monotonic() + _SECONDS_BETWEEN_LINES
                    self.say(f"{meter.name}: {meter}")

        yield advance

    def _enter(self) -> None:
        with self._lock:
            self._open += 1
            if self._open == 1:
                self._live.start()

    def _leave(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self._live.stop()


def duration(seconds: float) -> str:
    """Such as `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
