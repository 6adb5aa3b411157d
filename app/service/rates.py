"""How often one caller may ask: a token bucket each."""

import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_CALLERS = 10_000


class Rates:
    """Buckets of `burst` requests that fill up at `per_second`; a full one is forgotten first.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take a request out; returns 0, or the seconds after which there is one again."""
        now = self._clock()
        held, since = self._buckets.pop(caller, (self._burst, now))
        held = min(self._burst, held + (now - since) * self._per_second)
        allowed = held >= 1.0
        self._buckets[caller] = (held - 1.0 if allowed else held, now)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - held) / self._per_second
