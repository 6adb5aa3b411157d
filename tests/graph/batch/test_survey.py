from collections import Counter
from pathlib import Path

from batch_world import job, product, rows, run

from catalog.product import Row
from graph.batch.past import Past
from graph.batch.survey import survey


def test_rows_are_counted_by_what_becomes_of_them(tmp_path: Path) -> None:
    run(job(tmp_path / "before", 30))
    past = Past(tmp_path / "before", {"workspace": "abc"})
    found = survey(rows(100), size=200, done=15, past=past)
    assert (found.rows, found.done, found.errors) == (100, 15, 9)
    assert found.copied == 30 - 15 - 2
    assert found.left == 100 - 15 - 9 - found.copied == len(found.sample)


def test_a_sample_is_of_its_size_without_repeats_and_the_same_every_time() -> None:
    first, second = (survey(rows(3_000), size=100) for _ in range(2))
    ids = [each.product_id for each in first.sample]
    assert len({*ids}) == 100
    assert first == second
    assert survey(rows(3_000), size=100, seed=1).sample != first.sample


def test_every_row_is_as_likely_as_any_other() -> None:
    drawn: Counter[int] = Counter()
    for seed in range(200):
        found = survey((Row(n, product(n)) for n in range(1, 101)), size=20, seed=seed)
        drawn.update(int(each.product_id[1:]) <= 50 for each in found.sample)
    assert abs(drawn[True] / drawn.total() - 0.5) < 0.03


def test_products_that_are_asked_for_come_back_also_when_done() -> None:
    found = survey(rows(100), size=5, done=50, ids={"p3", "p77", "p10", "nobody"})
    assert [each.product_id for each in found.asked_for] == ["p3", "p77"]


def test_an_empty_catalog_leaves_nothing() -> None:
    found = survey(iter(()), size=5)
    assert (found.rows, found.left, found.sample) == (0, 0, [])
