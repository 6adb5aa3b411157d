"""Dynamic batching: products that arrive together share an encoder pass.

While the encoder is idle a product waits for company but for a moment; while it is busy they gather. As soon
as a chunk has left the encoder the next one goes in, so recall and deliberation of one go on beside the
encoder pass of the next.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from app.service.chunk_run import ChunkRun
from app.service.encoder_turn import encoder_turn, taking_turns
from app.service.problems import overloaded
from app.service.ticket import Ticket
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context, Experts
from graph.verdict import Verdict


@dataclass(frozen=True)
class BatchLimits:
    """Attributes:
    chunk: most products in an encoder pass.
    window_s: how long the first product of a chunk waits for company.
    waiting: most products that wait for the encoder.
    chunks: most chunks under way, deliberations included.
    concurrency: most deliberations of a chunk at once.
    """

    chunk: int = 32
    window_s: float = 0.002
    waiting: int = 2048
    chunks: int = 64
    concurrency: int = 16


class Batcher:
    """One for a service; start it and close it on the event loop that it is asked from.

    Args:
        on_chunk: told the size of every chunk.
        on_waiting: told how many products wait, when that changes.
    """

    def __init__(
        self,
        experts: Experts,
        limits: BatchLimits,
        *,
        on_chunk: Callable[[int], None],
        on_waiting: Callable[[int], None],
    ) -> None:
        self.experts = experts
        self._limits = limits
        self._graph = build_graph(taking_turns(experts))
        self._on_chunk = on_chunk
        self._on_waiting = on_waiting
        self._waiting: deque[Ticket] = deque()
        self._arrived = asyncio.Event()
        self._encoder = asyncio.Semaphore(1)
        self._chunks = asyncio.Semaphore(limits.chunks)
        self._pool = ThreadPoolExecutor(limits.chunks, thread_name_prefix="chunk")
        self._dispatcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._dispatcher = asyncio.get_running_loop().create_task(self._dispatch())

    async def close(self) -> None:
        """Take no more; chunks under way come to their end."""
        if self._dispatcher is not None:
            self._dispatcher.cancel()
            await asyncio.wait([self._dispatcher])
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)

    def admit(self, products: int) -> None:
        """Make sure that so many more may wait.

        Raises:
            HTTPException: 503, too many do.
        """
        if len(self._waiting) + products > self._limits.waiting:
            raise overloaded("Too many products wait.")

    async def verdict(self, product: Product, context: Context, timeout_s: float) -> Verdict:
        """One product's verdict; past `timeout_s` the domain expert's, marked `degraded`.

        Raises:
            HTTPException: 503, past `timeout_s` even the domain expert has not answered.
        """
        ticket = Ticket(product, context, asyncio.get_running_loop().create_future())
        self._waiting.append(ticket)
        self._on_waiting(len(self._waiting))
        self._arrived.set()
        try:
            async with asyncio.timeout(timeout_s):
                return await ticket.future
        except TimeoutError:
            return ticket.late(self.experts, timeout_s)

    async def _dispatch(self) -> None:
        while True:
            await self._chunks.acquire()
            await self._encoder.acquire()
            self._launch(await self._gather())

    async def _gather(self) -> list[Ticket]:
        """The next chunk, never empty."""
        while True:
            await self._arrived.wait()
            if len(self._waiting) < self._limits.chunk:
                await asyncio.sleep(self._limits.window_s)
            if tickets := self._take():
                return tickets

    def _take(self) -> list[Ticket]:
        """Those at the front with the first one's context; whoever waits for one no more is left out."""
        waiting = [ticket for ticket in self._waiting if not ticket.future.done()]
        alike = [ticket for ticket in waiting if ticket.context == waiting[0].context][: self._limits.chunk]
        taken = set(map(id, alike))
        self._waiting = deque(ticket for ticket in waiting if id(ticket) not in taken)
        self._on_waiting(len(self._waiting))
        if not self._waiting:
            self._arrived.clear()
        return alike

    def _launch(self, tickets: list[Ticket]) -> None:
        self._on_chunk(len(tickets))
        loop = asyncio.get_running_loop()
        freed = _once(partial(loop.call_soon_threadsafe, self._encoder.release))
        run = ChunkRun(self._graph, self.experts, self._limits.concurrency, loop)

        def work() -> None:
            with encoder_turn(freed):
                run.run(tickets)

        loop.run_in_executor(self._pool, work).add_done_callback(lambda _: self._chunks.release())


def _once(call: Callable[[], object]) -> Callable[[], None]:
    """Calls once, however often it is called; a chunk's first encoder pass is the one that counts."""
    left = [call]

    def called() -> None:
        with suppress(IndexError):
            left.pop()()

    return called
