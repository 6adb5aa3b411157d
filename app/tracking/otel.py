"""Spans through OpenTelemetry, to any collector."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context

from app.tracking.spans import Attributes, Span
from catalog.errors import SettingsError

_NAME = "dual-expert"


class _Open:
    def __init__(self, span: OtelSpan) -> None:
        self.span = span

    def end(self, attributes: Attributes, error: str) -> None:
        self.span.set_attributes(dict(attributes))
        if error:
            self.span.set_status(Status(StatusCode.ERROR, error))
        self.span.end()


class OtelSink:
    """Spans of one tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start(self, name: str, parent: Span | None, attributes: Attributes) -> Span:
        context = set_span_in_context(parent.span) if isinstance(parent, _Open) else None
        return _Open(self._tracer.start_span(name, context=context, attributes=dict(attributes)))


def provider_over(exporter: SpanExporter) -> TracerProvider:
    """Spans go out in batches; `shutdown` sends the rest."""
    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def otlp_exporter(url: str) -> SpanExporter:
    """To a collector over HTTP; an empty `url` leaves it to `OTEL_EXPORTER_OTLP_ENDPOINT`.

    Raises:
        SettingsError: the exporter is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SettingsError(
            "OpenTelemetry's exporter is not installed.", fix="pip install 'dual-expert[otel]'"
        ) from error
    exporter: SpanExporter = OTLPSpanExporter(endpoint=url) if url else OTLPSpanExporter()
    return exporter
