"""What Prometheus is told. No product text and no key is in it."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.verdict import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "dual_expert"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The figures of one service, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            f"{_PREFIX}_requests", "Requests by path and status.", ("path", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            f"{_PREFIX}_request_seconds",
            "Time until the answer was whole.",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._verdicts = Counter(
            f"{_PREFIX}_verdicts",
            "Products by the status of their verdict.",
            ("status",),
            registry=self._registry,
        )
        self._tokens = Counter(
            f"{_PREFIX}_llm_tokens", "Tokens of the language model.", ("direction",), registry=self._registry
        )
        self._chunk = Histogram(
            f"{_PREFIX}_chunk_products",
            "Products that shared an encoder pass.",
            buckets=_SIZES,
            registry=self._registry,
        )
        self.waiting = Gauge(
            f"{_PREFIX}_waiting", "Products that wait for the encoder.", registry=self._registry
        )
        self.draining = Gauge(f"{_PREFIX}_draining", "1 while the service stops.", registry=self._registry)

    def requested(self, path: str, status: int, seconds: float) -> None:
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def classified(self, verdict: Verdict) -> None:
        self._verdicts.labels(verdict.status).inc()
        self._tokens.labels("in").inc(verdict.tokens_in)
        self._tokens.labels("out").inc(verdict.tokens_out)

    def chunk(self, products: int) -> None:
        self._chunk.observe(products)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)


class Metered:
    """ASGI middleware: counts and times every request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            # The path as it is declared: strangers must not be able to make new time series.
            path = getattr(scope.get("route"), "path", "other")
            self._metrics.requested(path, status, time.perf_counter() - start)
