import pytest

from review.decisions import corrections_of
from review.queue import ReviewQueue
from tests.app.service.conftest import BED, BED_PATH, asked, talk

ADA = {"reviewer": "ada"}
SAID = {"product": BED, "category": BED_PATH, "comment": "we sell it there"}


def test_feedback_becomes_a_case_once_and_a_person_decides_it_once(made):
    async def say(client):
        taken = [(await client.post("/feedback", json=SAID)).json()["added"] for _ in range(2)]
        listed = (await client.get("/review")).json()
        one = (await client.get("/review/1")).json()
        decided = [await client.post("/review/1", json={"decision": "accept", **ADA}) for _ in range(2)]
        return taken, listed, one, decided

    taken, listed, one, decided = talk(made.app(), say)
    assert taken == [True, False]
    assert (listed["counts"], len(listed["cases"])) == ({"open": 1}, 1)
    assert "we sell it there" in one["case"]["reason"]
    assert [answer.status_code for answer in decided] == [200, 409]
    with ReviewQueue(made.folder / "review.sqlite") as queue:
        (correction,) = corrections_of(queue.entries())
    assert (correction.product_id, correction.new_category_path) == ("b", BED_PATH)
    assert correction.reviewer == "ada"


def test_a_case_is_corrected_or_skipped(made, experts):
    other = experts.domain_expert.taxonomy.categories[0].category_path

    async def say(client):
        for title in ("Dog bed", "Dog sofa"):
            await client.post("/feedback", json={**SAID, "product": {**BED, "title": title}})
        correct = {"decision": "correct", "category": other, **ADA}
        first = (await client.post("/review/1", json=correct)).json()
        return first, (await client.post("/review/2", json={"decision": "skip", **ADA})).json()

    first, second = talk(made.app(), say)
    assert (first["status"], first["chosen_path"]) == ("corrected", other)
    assert second["status"] == "skipped"


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ({"decision": "correct", **ADA}, 422),
        ({"decision": "accept", "category": BED_PATH, **ADA}, 422),
        ({"decision": "correct", "category": "Nowhere > Nothing", **ADA}, 422),
        ({"decision": "accept"}, 422),
        ({"decision": "accept", "reviewer": ""}, 422),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_and_changes_nothing(made, decision, status):
    async def say(client):
        await client.post("/feedback", json=SAID)
        return await client.post("/review/1", json=decision), (await client.get("/review/1")).json()

    refused, case = talk(made.app(), say)
    assert (refused.status_code, case["status"]) == (status, "open")


@pytest.mark.parametrize(
    ("number", "status"), [("7", 404), ("0", 422), ("-1", 422), ("x", 422), ("9" * 40, 422)]
)
def test_a_number_that_is_no_case(made, number, status):
    assert asked(made.app(), "GET", f"/review/{number}").status_code == status


def test_feedback_about_a_category_that_is_none_is_not_found(made):
    assert asked(made.app(), "POST", "/feedback", json={**SAID, "category": "Nowhere"}).status_code == 404


def test_a_queue_that_cannot_be_used_is_said_and_is_no_bug(made):
    (made.folder / "review.sqlite").write_bytes(b"no database" * 200)
    found = asked(made.app(), "GET", "/review")
    assert (found.status_code, found.json()["error"]["kind"]) == (503, "WorkspaceError")
