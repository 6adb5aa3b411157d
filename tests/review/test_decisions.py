from pathlib import Path

from review.decisions import corrections_of
from review.queue import ReviewQueue
from tests.review.conftest import CATEGORIES, make_case


def test_decided_cases_become_corrections(queue_file: Path) -> None:
    with ReviewQueue(queue_file) as queue:
        queue.add([make_case("p4", source="audit", given_path="Garden > Sprinklers")], CATEGORIES)
        queue.correct(1, "c2", "ann")
        queue.skip(2, "ann")
        queue.accept(4, "bob")
        found = list(corrections_of(queue.entries()))
    told = [
        (c.product_id, c.old_category_path, c.new_category_path, c.source, c.reviewer, c.status)
        for c in found
    ]
    assert told == [
        ("p1", "", "Garden > Sprinklers", "review", "ann", "accepted"),
        ("p4", "Garden > Sprinklers", "Garden > Hoses", "audit", "bob", "accepted"),
    ]
    assert all(c.time for c in found)
