"""Trace everything that LangChain and LangGraph run inside a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from langchain_core.tracers.context import register_configure_hook

from app.tracking.spans import Sink, SpanRecorder
from app.tracking.target import read_target

_recorder: ContextVar[SpanRecorder | None] = ContextVar("dual_expert_spans", default=None)
register_configure_hook(_recorder, inheritable=True)


@contextmanager
def tracing(target: str | None, *, content: bool = False) -> Iterator[None]:
    """Spans of all graph runs and model requests inside go to `target`; None traces nothing.

    Args:
        target: as `app.tracking.target.read_target` reads it.
        content: whether prompts, answers and products go along.

    Raises:
        SettingsError: the target makes no sense, or its packages are not installed.
    """
    if target is None:
        yield
        return
    read = read_target(target)
    if read.kind == "mlflow":
        from app.tracking.mlflow_store import MlflowSink, store

        with store(read.uri) as experiment, recording(MlflowSink(experiment), content=content):
            yield
        return
    from app.tracking.otel import OtelSink, otlp_exporter, provider_over

    provider = provider_over(otlp_exporter(read.uri))
    try:
        with recording(OtelSink(provider.get_tracer("dual-expert")), content=content):
            yield
    finally:
        provider.shutdown()


@contextmanager
def recording(sink: Sink, *, content: bool = False) -> Iterator[None]:
    """The same into a sink of one's own."""
    token = _recorder.set(SpanRecorder(sink, content=content))
    try:
        yield
    finally:
        _recorder.reset(token)
