import pickle
from collections.abc import Sequence
from pathlib import Path

from batch_world import CATEGORIES, classify, rows

from catalog.product import Product, Row
from graph.batch.chunks import Chunk
from graph.batch.standing import Task
from graph.batch.work import Classify, Worker
from graph.verdict import Verdict


def worker(out: Path, classifier: Classify) -> Worker:
    return Worker(
        classify=classifier,
        known_categories=frozenset(CATEGORIES),
        keep_latency=False,
        folder=out,
        salt="",
    )


def test_what_a_worker_takes_and_gives_can_travel_to_another_process(out: Path) -> None:
    own = worker(out, classify)
    task = Task(Chunk(0, list(rows(30))))
    finished = pickle.loads(pickle.dumps(own)).finish(pickle.loads(pickle.dumps(task)))
    assert pickle.loads(pickle.dumps(finished)) == finished == own.finish(task)
    assert finished.done.rows == 30
    assert not out.exists()


def test_rows_that_break_the_classifier_are_found_by_halves(out: Path) -> None:
    calls: list[int] = []

    def breaking(products: Sequence[Product]) -> list[Verdict]:
        calls.append(len(products))
        if {product.product_id for product in products} & {"p3", "p41"}:
            raise RuntimeError("not these")
        return classify(products)

    good = [row for row in rows(71) if isinstance(row, Row)]
    finished = worker(out, breaking).finish(Task(Chunk(0, list(good))))
    assert len(good) == 64
    assert finished.done.errors == {"internal": 2}
    assert len(calls) <= 1 + 2 * 2 * 6  # both halves at each of the six levels, for each of the two
    assert calls.count(1) <= 4
