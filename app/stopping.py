"""A batch that is asked to stop finishes what is in flight."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = b"\nStopping: what is in flight is finished and kept. Press Ctrl-C again to kill.\n"


@contextmanager
def stop_event() -> Iterator[threading.Event]:
    """An event that SIGINT or SIGTERM sets; the next SIGINT then kills."""
    stop = threading.Event()

    def request(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Not through `sys.stderr`: a handler may interrupt a write to it.
        os.write(2, _NOTICE)

    before: dict[signal.Signals, Any] = {number: signal.signal(number, request) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
