"""Spans of a real graph run, and runs in a real MLflow store; both skip where the packages are missing."""

from pathlib import Path
from typing import Any

import pytest

from agents.llm.counting import Estimate
from app.running import GraphRunner
from app.tracking.spans import MESSAGES_IN, MESSAGES_OUT, MODEL, NODE, OPERATION, TOKENS_IN, Attributes, Span
from app.tracking.target import LOCAL_STORE, read_target
from app.tracking.tracing import recording, tracing
from catalog.errors import SettingsError
from catalog.product import Product
from experiments.report import write_report
from graph.batch.rehearsal import rehearsal_llm
from graph.context import Context
from graph.open import Opening, open_experts
from tests.experiments.made import made_comparison


class Kept:
    """A sink that keeps its spans."""

    def __init__(self) -> None:
        self.spans: list[Kept.Span] = []

    class Span:
        def __init__(self, name: str, parent: Span | None, attributes: Attributes) -> None:
            self.name, self.parent, self.attributes = name, parent, dict(attributes)
            self.ended, self.error = False, ""

        def end(self, attributes: Attributes, error: str) -> None:
            self.attributes |= dict(attributes)
            self.ended, self.error = True, error

    def start(self, name: str, parent: Span | None, attributes: Attributes) -> Span:
        self.spans.append(Kept.Span(name, parent, attributes))
        return self.spans[-1]

    def named(self, name: str) -> Any:
        return next(span for span in self.spans if span.name == name)


@pytest.fixture(scope="module")
def runner(workspace_dir: Path) -> GraphRunner:
    llm, _ = rehearsal_llm("rehearsed", "rank", Estimate())
    experts = open_experts(Opening(workspace_dir, llm=llm, strategy="rank", device="cpu"))
    return GraphRunner.over(experts, Context(threshold=1.0), 2)


def run(runner: GraphRunner) -> None:
    runner.verdicts([Product(product_id="1", title="Secret garden hose")], lambda _: None)


def test_a_graph_run_is_a_tree_of_nodes_and_requests(runner: GraphRunner):
    sink = Kept()
    with recording(sink):
        run(runner)
    run(runner)  # outside of the block nothing is traced
    assert len([span for span in sink.spans if span.parent is None]) == 1
    assert all(span.ended and not span.error for span in sink.spans)
    names = {span.name for span in sink.spans}
    assert {"recommend", "deliberate", "rank", "check", "decide"} <= names
    rank, chat = sink.named("rank"), next(s for s in sink.spans if s.attributes.get(OPERATION) == "chat")
    assert chat.parent is not None
    assert rank.attributes[NODE] == "rank"
    assert rank.attributes[MODEL] == "rehearsed"
    assert chat.attributes[TOKENS_IN] > 50


def test_content_goes_along_only_when_asked(runner: GraphRunner):
    silent, open_ = Kept(), Kept()
    with recording(silent):
        run(runner)
    with recording(open_, content=True):
        run(runner)
    assert "Secret" not in str([span.attributes for span in silent.spans])
    (asked,) = [
        s for s in open_.spans if MESSAGES_IN in s.attributes and "Secret" in s.attributes[MESSAGES_IN]
    ][:1]
    assert asked.attributes[MESSAGES_OUT]


def test_opentelemetry_gets_the_tree(runner: GraphRunner):
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    from app.tracking.otel import OtelSink, provider_over

    exporter = memory.InMemorySpanExporter()
    provider = provider_over(exporter)
    with recording(OtelSink(provider.get_tracer("test"))):
        run(runner)
    provider.force_flush()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    root = next(span for span in spans.values() if span.parent is None)
    assert spans["recommend"].parent.span_id == root.context.span_id
    assert {span.context.trace_id for span in spans.values()} == {root.context.trace_id}
    provider.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_mlflow_keeps_a_comparison_and_a_trace(runner: GraphRunner, tmp_path: Path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    from app.tracking.runs import track_comparison

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    comparison = made_comparison(a="+-+-", b="++++")
    write_report(comparison, tmp_path)
    run_id = track_comparison(comparison, tmp_path, f"mlflow:{uri}")
    found = mlflow.tracking.MlflowClient(uri).get_run(run_id)
    assert found.data.metrics["b.difference"] == 0.5
    assert found.data.params["model"] == "scripted"
    with tracing(f"mlflow:{uri}"):
        run(runner)
    client = mlflow.tracking.MlflowClient(uri)
    experiment = client.get_experiment_by_name("dual-expert")
    traces = client.search_traces([experiment.experiment_id])
    assert {"rank", "decide"} <= {span.name for span in traces[0].data.spans}


def test_targets_are_read():
    with pytest.raises(SettingsError, match="no target to track to"):
        read_target("file:x")
    with tracing(None):
        pass
    mlflow = pytest.importorskip("mlflow")
    assert mlflow
    assert read_target("mlflow").uri == LOCAL_STORE
    assert read_target("mlflow:http://x").uri == "http://x"


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.tracking.target.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="packages of `mlflow` are not installed"):
        read_target("mlflow")
