"""Our backend against a vLLM server that serves a real model."""

import threading
from pathlib import Path

import pytest

from agents.llm.answer import ask
from agents.llm.embedded import EmbeddedModel
from agents.llm.factory import LLM, build_llm
from agents.llm.structured import WAYS
from agents.llm.usage import counting_usage
from catalog.reader import read_catalog
from graph.build import build_graph
from graph.context import Context
from graph.open import Opening, open_experts
from graph.verdict import Verdict
from tests.conftest import Cli
from tests.vllm.conftest import MODEL, Server
from tests.vllm.questions import HEAD, PATHS, PREFIX, QUESTION, Pick

TIMEOUT_S = 600.0


@pytest.fixture(scope="module")
def llm(server: Server) -> LLM:
    return build_llm(MODEL, base_url=server.base_url, timeout_s=TIMEOUT_S, max_concurrency=8)


def test_an_answer_follows_the_strict_schema(llm: LLM) -> None:
    answer = ask(llm, QUESTION, Pick)
    assert answer.attempts == 1
    assert answer.tokens_in > 200
    assert 3 < answer.tokens_out < 30
    assert llm.ways.open()[0] == WAYS[0]  # json_schema, strict: nothing looser was needed


def test_likelihoods_are_those_of_the_same_model_in_this_process(llm: LLM, model_dir: Path) -> None:
    assert llm.scorer is not None
    served = llm.scorer.score(PREFIX, PATHS, head=HEAD)
    own = EmbeddedModel.load(model_dir, precision="float32", threads=1).score(PREFIX, PATHS, head=HEAD)
    assert [s.tokens for s in served] == [s.tokens for s in own]
    for ours, theirs in zip(own, served, strict=True):
        assert theirs.logprob == pytest.approx(ours.logprob, rel=0.01)  # it computes in half precision


def test_a_prompt_read_before_is_counted_as_cached(llm: LLM) -> None:
    ask(llm, QUESTION, Pick)
    with counting_usage() as counter:
        ask(llm, QUESTION, Pick)
    assert 0.8 * counter.usage.tokens_in < counter.usage.tokens_cached < counter.usage.tokens_in


@pytest.mark.parametrize("strategy", ["zero_shot", "likelihood"])
def test_eight_deliberations_run_at_once(
    llm: LLM, server: Server, strategy: str, workspace_dir: Path, tiny_catalog: Path
) -> None:
    experts = open_experts(Opening(workspace_dir, llm=llm, strategy=strategy, device="cpu", threads=1))
    products = [row.product for row in read_catalog(tiny_catalog)][:8]
    with _Watch(server) as watch:
        state = build_graph(experts).invoke(
            {"products": products},
            context=Context(threshold=1.01, explain=False),
            config={"max_concurrency": 8},
        )
    verdicts: list[Verdict] = state["verdicts"]
    assert len(verdicts) == 8
    known = {category.category_id for category in experts.domain_expert.taxonomy.categories}
    for verdict in verdicts:
        assert verdict.error is None
        assert verdict.category_id in {c.category_id for c in verdict.candidates} <= known
        assert verdict.tokens_in > 0
    assert watch.most >= 4


def test_the_command_line_reaches_it(server: Server, cli: Cli, workspace_dir: Path) -> None:
    done = cli(
        *("classify", "--workspace", workspace_dir, "--title", "Warm wool hat", "--threshold", "1"),
        *("--llm", MODEL, "--llm-base-url", server.base_url, "--strategy", "likelihood", "--json"),
    )
    assert done.code == 0, done.stderr
    assert done.document["model"] == MODEL
    assert done.document["status"] in ("deliberated", "review")


class _Watch:
    """Notes how many requests the server ever worked on at once."""

    def __init__(self, server: Server) -> None:
        self.most = 0
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.most = max(self.most, self._server.running())
