"""Results in the order in which they come."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def as_they_come(work: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[T]:
    """Runs all of them; whoever stops reading stops them."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        for next_one in asyncio.as_completed(tasks):
            yield await next_one
    finally:
        for task in tasks:
            task.cancel()
