"""Runs and spans in MLflow: a SQLite file here, or a server by its URI."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow

from app.tracking.spans import Attributes, Span

EXPERIMENT = "dual-expert"


class _Open:
    def __init__(self, span: Any) -> None:
        self.span = span

    def end(self, attributes: Attributes, error: str) -> None:
        self.span.set_attributes(dict(attributes))
        self.span.end(status="ERROR" if error else "OK")


class MlflowSink:
    """Spans of traces in an MLflow store."""

    def __init__(self, experiment_id: str) -> None:
        self._experiment_id = experiment_id

    def start(self, name: str, parent: Span | None, attributes: Attributes) -> Span:
        above = parent.span if isinstance(parent, _Open) else None
        span = mlflow.start_span_no_context(
            name,
            parent_span=above,
            attributes={key: str(value) for key, value in attributes.items()},
            # The others belong to their root's experiment.
            experiment_id=None if above else self._experiment_id,
        )
        return _Open(span)


@contextmanager
def store(uri: str) -> Iterator[str]:
    """MLflow pointed at a store; gives the experiment's id, and puts the former store back."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        yield str(mlflow.set_experiment(EXPERIMENT).experiment_id)
    finally:
        # Traces go out in the background, to where MLflow points then.
        mlflow.flush_trace_async_logging()
        mlflow.set_tracking_uri(before)


def log_run(
    uri: str, name: str, params: Mapping[str, str], metrics: Mapping[str, float], files: Sequence[Path]
) -> str:
    """One finished run; returns its id."""
    with store(uri) as experiment, mlflow.start_run(experiment_id=experiment, run_name=name) as run:
        mlflow.log_params(dict(params))
        mlflow.log_metrics(dict(metrics))
        for file in files:
            mlflow.log_artifact(str(file))
        return str(run.info.run_id)
