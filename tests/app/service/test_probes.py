from prometheus_client.parser import text_string_to_metric_families

from app.service.web import build_app
from tests.app.service.conftest import BED, OPEN, asked, talk


def test_a_draining_service_is_healthy_but_not_ready_and_still_answers(made):
    service = made.service()
    app = build_app(service, OPEN)

    async def say(client):
        before = await client.get("/ready")
        service.drain()
        return before, [await client.get(path) for path in ("/ready", "/health", "/categories")]

    before, after = talk(app, say)
    assert (before.status_code, "connection" in before.headers) == (200, False)
    assert [answer.status_code for answer in after] == [503, 200, 200]
    assert {answer.headers["connection"] for answer in after} == {"close"}


def figures(text):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_count_requests_products_and_chunks(made):
    async def say(client):
        await client.post("/classify/many", json={"products": [BED] * 3, "threshold": 0.0})
        await client.get("/review/99")
        await client.get("/no/such/path")
        await client.post("/classify", content=b"{")
        return (await client.get("/metrics")).text

    found = figures(talk(made.app(), say))
    assert found["dual_expert_verdicts_total", "accepted"] == 3
    assert found["dual_expert_chunk_products_sum",] == 3
    assert found["dual_expert_requests_total", "/classify/many", "200"] == 1
    assert found["dual_expert_requests_total", "/review/{number}", "404"] == 1
    assert found["dual_expert_requests_total", "other", "404"] == 1
    assert found["dual_expert_waiting",] == 0


def test_a_bug_is_a_500_that_tells_nothing_of_the_inside(made):
    service = made.service()
    service.__dict__["search"] = lambda *_: 1 / 0
    found = asked(build_app(service, OPEN), "GET", "/categories")
    assert (found.status_code, found.json()["error"]["kind"]) == (500, "Internal")
    assert "ZeroDivision" not in found.text
