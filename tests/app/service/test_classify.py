import json

import pytest

from graph.verdict import Verdict
from tests.app.service.conftest import BED, asked, talk

BLANK = {"product_id": "blank", "title": "\u200b"}


def test_one_product_gets_its_verdict(made):
    found = asked(made.app(), "POST", "/classify", json={"product": BED, "k": 3, "threshold": 0.0})
    verdict = Verdict.model_validate_json(found.content)
    assert (verdict.product_id, verdict.status, len(verdict.candidates)) == ("b", "accepted", 3)


def test_without_a_general_expert_the_unsure_go_to_review(made):
    found = asked(made.app(), "POST", "/classify", json={"product": BED, "threshold": 1.0})
    assert found.json()["status"] == "review"


def test_many_keep_their_order_and_one_bad_one_costs_no_other(made):
    products = [{**BED, "product_id": str(i)} for i in range(20)]
    products[7] = BLANK
    found = asked(made.app(), "POST", "/classify/many", json={"products": products}).json()["answers"]
    assert [answer["place"] for answer in found] == list(range(20))
    assert found[7]["error"]["kind"] == "EmptyTitle"
    assert [answer["verdict"] is None for answer in found].count(True) == 1


@pytest.mark.parametrize(
    ("accept", "type_"), [("*/*", "application/x-ndjson"), ("text/event-stream", "text/event-stream")]
)
def test_a_stream_holds_every_answer(made, accept, type_):
    body = {"products": [{**BED, "product_id": str(i)} for i in range(5)]}
    found = asked(made.app(), "POST", "/classify/stream", json=body, headers={"Accept": accept})
    assert found.headers["content-type"].startswith(type_)
    lines = [line.removeprefix("data: ") for line in found.text.splitlines() if line]
    assert sorted(json.loads(line)["place"] for line in lines) == list(range(5))


def test_a_blank_title_is_refused(made):
    found = asked(made.app(), "POST", "/classify", json={"product": BLANK})
    assert (found.status_code, found.json()["error"]["kind"]) == (422, "EmptyTitle")


HOSTILE = {
    b"": 422,
    b"{": 400,
    b"\xff\xfe": 400,
    b'{"product": {"title": "caf\xe9"}}': 400,
    b"[" * 50_000: 400,
    b'{"product": {"title": 1}}': 422,
    b'{"product": {"title": "a", "price": 1}}': 422,
    b'{"product": {"title": "\\ud800"}}': 422,
    b'{"product": {"title": "' + b"a" * 3_000 + b'"}}': 422,
    b'{"product": {"title": "a"}, "k": 0}': 422,
    b'{"product": {"title": "a"}, "k": ' + b"9" * 5_000 + b"}": 400,
    b'{"product": {"title": "a"}, "threshold": NaN}': 422,
    b'{"product": {"title": "a"}, "explain": "yes"}': 422,
    b'{"products": []}': 422,
    b"null": 422,
}


def test_hostile_bodies_are_refused_in_words(made):
    async def say(client):
        headers = {"Content-Type": "application/json"}
        return [await client.post("/classify", content=body, headers=headers) for body in HOSTILE]

    answers = talk(made.app(), say)
    assert [answer.status_code for answer in answers] == list(HOSTILE.values())
    for answer in answers:
        assert set(answer.json()["error"]) == {"kind", "message", "fix"}
        assert 0 < len(answer.json()["error"]["message"]) < 1_500


def test_another_type_of_content_is_refused_with_the_fix(made):
    found = asked(made.app(), "POST", "/classify", content=b"{}", headers={"Content-Type": "text/plain"})
    assert found.status_code == 415
    assert "application/json" in found.json()["error"]["fix"]
