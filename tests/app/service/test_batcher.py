"""Who shares an encoder pass, who waits for whom, and what a slow or dead language model costs."""

import asyncio
from dataclasses import replace

import pytest
from starlette.exceptions import HTTPException

from agents.llm.factory import build_llm
from app.service.batcher import Batcher, BatchLimits
from catalog.errors import LLMUnavailable
from catalog.product import Product
from graph.context import Context
from graph.open import Opening, open_experts
from tests.app.service.conftest import BED, WaitingExpert, asked
from tests.fakes.openai_server import OpenAIServer, reset

SURE, UNSURE = Context(threshold=0.0), Context(threshold=1.0)


class Encoder:
    """The workspace's, which counts its passes and fails on a title."""

    def __init__(self, encoder):
        self.encoder = encoder
        self.passes = []

    def encode(self, texts):
        self.passes.append(len(texts))
        if any("poison" in text for text in texts):
            raise RuntimeError("this text breaks it")
        return self.encoder.encode(texts)


def product(number, title="Dog bed"):
    return Product(product_id=str(number), title=title)


def run(experts, scenario, general_expert=None, **limits):
    """What a scenario makes of a batcher, and the sizes of the encoder's passes and of the chunks."""
    domain_expert = experts.domain_expert
    encoder = Encoder(domain_expert.encoder)
    chunks = []

    async def main():
        used = replace(
            experts, domain_expert=replace(domain_expert, encoder=encoder), general_expert=general_expert
        )
        batcher = Batcher(used, BatchLimits(**limits), on_chunk=chunks.append, on_waiting=lambda _: None)
        batcher.start()
        try:
            return await scenario(batcher)
        finally:
            if general_expert is not None:
                general_expert.go.set()
            await batcher.close()

    return asyncio.run(main()), encoder.passes, chunks


def test_products_that_arrive_together_share_an_encoder_pass(experts):
    async def scenario(batcher):
        return await asyncio.gather(*(batcher.verdict(product(i), SURE, 20) for i in range(10)))

    verdicts, passes, chunks = run(experts, scenario)
    assert [verdict.product_id for verdict in verdicts] == [str(i) for i in range(10)]
    assert (passes, chunks) == ([10], [10])


def test_a_chunk_has_its_limit_and_contexts_stay_apart(experts):
    async def scenario(batcher):
        contexts = [Context(top_k=3 if i % 2 else 5, threshold=0.0) for i in range(12)]
        asked = (batcher.verdict(product(i), context, 20) for i, context in enumerate(contexts))
        return await asyncio.gather(*asked)

    verdicts, _, chunks = run(experts, scenario, chunk=4)
    assert [len(verdict.candidates) for verdict in verdicts] == [5, 3] * 6
    assert (sum(chunks), max(chunks)) == (12, 4)


def test_a_sure_product_does_not_wait_for_the_deliberation_of_its_neighbour(experts):
    expert = WaitingExpert()

    async def scenario(batcher):
        confidences = [(await batcher.verdict(product(i, title), SURE, 20)).confidence for i, title in PAIR]
        limit = Context(threshold=max(confidences))
        tasks = [asyncio.ensure_future(batcher.verdict(product(i, title), limit, 20)) for i, title in PAIR]
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        statuses = [task.result().status for task in done]
        another = await batcher.verdict(product(3), SURE, 20)
        expert.go.set()
        return statuses, another.status, [(await task).model for task in waiting]

    (first, another, late), _, chunks = run(experts, scenario, expert)
    assert first == ["accepted"]
    assert another == "accepted"  # encoded while the deliberation went on
    assert late == ["waiting"]
    assert chunks == [1, 1, 2, 1]


PAIR = ((1, "Orthopaedic dog bed"), (2, "Thing"))


def test_past_its_time_the_domain_experts_answer_stands_degraded(experts):
    expert = WaitingExpert()

    async def scenario(batcher):
        return await batcher.verdict(product(1), UNSURE, 1.0)

    verdict, _, _ = run(experts, scenario, expert)
    assert (verdict.status, verdict.error) == ("degraded", "no answer within 1 s")
    assert expert.cases


def test_without_even_a_recommendation_it_is_refused_as_overload(experts):
    async def scenario(batcher):
        with pytest.raises(HTTPException) as caught:
            await batcher.verdict(product(1), SURE, 0.0)
        return caught.value.status_code

    assert run(experts, scenario)[0] == 503


def test_a_product_that_breaks_the_encoder_fails_alone(experts):
    async def scenario(batcher):
        titles = ["Dog bed", "poison", "Garden hose", "Coffee"]
        asked = (batcher.verdict(product(i, title), SURE, 20) for i, title in enumerate(titles))
        return await asyncio.gather(*asked, return_exceptions=True)

    results, _, _ = run(experts, scenario)
    assert [isinstance(result, RuntimeError) for result in results] == [False, True, False, False]


def test_more_than_may_wait_is_refused(experts):
    async def scenario(batcher):
        with pytest.raises(HTTPException) as caught:
            batcher.admit(5)
        return caught.value

    refused = run(experts, scenario, waiting=4)[0]
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")


def test_who_no_longer_waits_is_not_encoded(experts):
    async def scenario(batcher):
        left = asyncio.ensure_future(batcher.verdict(product(1), SURE, 20))
        await asyncio.sleep(0)
        left.cancel()
        await batcher.verdict(product(2), SURE, 20)

    assert run(experts, scenario)[2] == [1]


def test_closing_lets_a_deliberation_come_to_its_end(experts):
    expert = WaitingExpert()

    async def scenario(batcher):
        task = asyncio.ensure_future(batcher.verdict(product(1), UNSURE, 20))
        while not expert.cases:
            await asyncio.sleep(0.01)
        return task

    task, _, _ = run(experts, scenario, expert)
    assert task.result().model == "waiting"


@pytest.mark.parametrize("error", [LLMUnavailable("refused"), ValueError("a bug")])
def test_with_the_language_model_down_every_product_still_gets_its_verdict(made, error):
    expert = WaitingExpert(error)
    expert.go.set()
    body = {"products": [{**BED, "product_id": str(i)} for i in range(8)], "threshold": 1.0}
    found = asked(made.app(general_expert=expert), "POST", "/classify/many", json=body)
    assert found.status_code == 200
    assert {answer["verdict"]["status"] for answer in found.json()["answers"]} == {"degraded"}


def test_a_server_that_hangs_up_on_every_request_costs_no_verdict(made, workspace_copy):
    with OpenAIServer([reset()]) as server:
        llm = build_llm("any-model", base_url=server.base_url, api_key="k", max_retries=0, timeout_s=2)
        opened = open_experts(Opening(workspace_copy, llm=llm, strategy="rank", device="cpu", threads=1))
        body = {"products": [{**BED, "product_id": str(i)} for i in range(4)], "threshold": 1.0}
        found = asked(made.app(general_expert=opened.general_expert), "POST", "/classify/many", json=body)
        assert server.requests
    assert found.status_code == 200
    assert [answer["verdict"]["status"] for answer in found.json()["answers"]] == ["degraded"] * 4
