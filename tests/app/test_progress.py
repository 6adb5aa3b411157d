import io
import threading

import pytest
from rich.console import Console

from app import progress as module
from app.progress import ConsoleProgress, Meter, duration


class _Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def _plain() -> tuple[ConsoleProgress, io.StringIO]:
    written = io.StringIO()
    return ConsoleProgress(Console(file=written, force_terminal=False, markup=False)), written


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_meter_tells_rate_and_time_left(clock: _Clock) -> None:
    meter = Meter("training", 100)
    clock.now += 10
    meter.advance(20)
    assert str(meter) == "20 of 100, 2.0/s, 40 s left"


def test_slow_steps_are_told_in_seconds_each(clock: _Clock) -> None:
    meter = Meter("asking", None)
    clock.now += 10
    meter.advance(4)
    assert str(meter) == "4, 2.5 s each"


def test_steps_of_an_earlier_run_are_no_measure_of_speed(clock: _Clock) -> None:
    meter = Meter("training", 1000)
    meter.advance(900)
    clock.now += 10
    meter.advance(10)
    assert str(meter) == "910 of 1,000, 1.0/s, 1 min 30 s left"


def test_elsewhere_than_on_a_terminal_lines_come_now_and_then(clock: _Clock) -> None:
    progress, written = _plain()
    with progress.task("reading [x]", 100) as advance:
        for _ in range(10):
            clock.now += 3
            advance(5)
    lines = written.getvalue().splitlines()
    assert lines == [
        "reading [x]: 20 of 100, 1.7/s, 48 s left",
        "reading [x]: 40 of 100, 1.7/s, 36 s left",
        "reading [x]: 50 in 30 s",
    ]


def test_what_is_done_at_once_is_not_worth_a_line(clock: _Clock) -> None:
    progress, written = _plain()
    with progress.task("reading", 3) as advance:
        advance(3)
    assert written.getvalue() == ""


def test_threads_may_share_a_task() -> None:
    written = io.StringIO()
    progress = ConsoleProgress(Console(file=written, force_terminal=True, width=120))
    counted: list[Meter] = []
    with progress.task("outer", None), progress.task("working", 4000) as advance:
        counted.extend(task.fields["meter"] for task in progress._live.tasks)
        threads = [threading.Thread(target=lambda: [advance(1) for _ in range(1000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [meter.done for meter in counted] == [0, 4000]


def test_a_failing_task_is_cleared_away() -> None:
    progress = ConsoleProgress(Console(file=io.StringIO(), force_terminal=True))
    with pytest.raises(ValueError, match="no"), progress.task("reading", 3):
        raise ValueError("no")
    assert progress._live.tasks == []
    assert not progress._live.live.is_started
