import asyncio
import threading
import time

import pytest

from agents.llm.limiter import Limiter


class Peak:
    """Counts who is inside, and the most there ever were."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def leave(self) -> None:
        with self._lock:
            self.inside -= 1


def test_threads_and_event_loops_share_one_bound() -> None:
    limiter, peak = Limiter(3), Peak()

    def blocking() -> None:
        with limiter:
            peak.enter()
            time.sleep(0.02)
            peak.leave()

    async def waiting() -> None:
        async with limiter:
            peak.enter()
            await asyncio.sleep(0.02)
            peak.leave()

    async def many() -> None:
        await asyncio.gather(*(waiting() for _ in range(8)))

    threads = [threading.Thread(target=blocking) for _ in range(8)]
    threads.append(threading.Thread(target=lambda: asyncio.run(many())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert peak.most == 3
    assert peak.inside == 0


def test_first_come_first_served() -> None:
    limiter, order = Limiter(1), list[int]()

    async def take(number: int) -> None:
        async with limiter:
            order.append(number)
            await asyncio.sleep(0)

    async def many() -> None:
        await asyncio.gather(*(take(number) for number in range(5)))

    asyncio.run(many())
    assert order == [0, 1, 2, 3, 4]


def test_error_inside_gives_the_place_back() -> None:
    limiter = Limiter(1)
    with pytest.raises(ValueError, match="inside"), limiter:
        raise ValueError("inside")
    with limiter:
        pass


@pytest.mark.parametrize("granted", [False, True])
def test_cancelled_waiter_leaves_the_line(granted: bool) -> None:
    """Also when the place was granted just before the cancellation was seen."""
    limiter = Limiter(1)

    async def scenario() -> None:
        await limiter.__aenter__()
        waiter = asyncio.create_task(limiter.__aenter__())
        await asyncio.sleep(0)
        if granted:
            limiter.release()
            waiter.cancel()
        else:
            waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        if not granted:
            limiter.release()
        async with asyncio.timeout(2), limiter:
            pass

    asyncio.run(scenario())
