"""Neither the encoder nor the language model waits for the other's slowest case."""

import threading
from pathlib import Path
from typing import Any

from batch_world import CATEGORIES, verdict
from llm_world import PRICE, AskingExpert, DomainExpert, held_back, job, run

from agents.case import Case, Deliberation
from graph.batch.engine import Threads
from graph.batch.runner import run_batch
from graph.batch.spending import Spending

WAIT_SECONDS = 60
SLOTS = 6
ROWS_A_CHUNK = 20


class Scripted(AskingExpert):
    """Answers after it has done what it is told, without any server."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        self._before(case.product.product_id)
        done = {"scores": (0.0,) * 3, "probabilities": (0.2, 0.7, 0.1), "error": None}
        return self.failed(case, "").model_copy(update=done)


def test_the_encoder_goes_on_while_an_answer_takes_its_time(out: Path, monkeypatch: Any) -> None:
    rows, ahead = 400, 10
    slow = held_back(rows)[0]
    encoded = threading.Event()
    chunks: list[int] = []
    real = DomainExpert.__call__

    def encode(self: DomainExpert, products: Any, *, k: int = 10) -> Any:
        chunks.append(len(products))
        if len(chunks) >= ahead:
            encoded.set()
        return real(self, products, k=k)

    def wait(product_id: str) -> None:
        if product_id == slow:
            assert encoded.wait(WAIT_SECONDS), f"only {len(chunks)} chunks were encoded meanwhile"

    monkeypatch.setattr(DomainExpert, "__call__", encode)
    summary = run(job(out, rows, chunk_rows=ROWS_A_CHUNK), Scripted(wait), slots=SLOTS)
    assert (summary.rows, summary.errors, summary.statuses.get("degraded")) == (rows, 0, None)


def test_slots_are_filled_from_as_many_chunks_as_it_takes(out: Path) -> None:
    """A chunk holds back about one product, and no answer comes before all slots are taken."""
    rows = 2_000
    held = held_back(rows)
    together = threading.Barrier(SLOTS)
    left = len(held) // SLOTS * SLOTS
    lock = threading.Lock()

    def wait(_: str) -> None:
        nonlocal left
        with lock:
            left -= 1
            waits = left >= 0
        if waits:
            together.wait(WAIT_SECONDS)

    summary = run(job(out, rows, chunk_rows=ROWS_A_CHUNK), Scripted(wait), slots=SLOTS)
    assert summary.statuses["deliberated"] == len(held)


def most_at_once(out: Path, engine: Threads, rows: int = 600) -> int:
    """How many chunks were worked on at the same time, each as long as another may join it."""
    now = most = 0
    changed = threading.Condition()

    def classify(products: Any) -> Any:
        nonlocal now, most
        with changed:
            now += 1
            most = max(most, now)
            changed.notify_all()
            changed.wait_for(lambda: now > engine.most, timeout=0.1)
            now -= 1
        return [verdict(each) for each in products]

    batch = job(out, rows, chunk_rows=ROWS_A_CHUNK, known_categories=frozenset(CATEGORIES))
    run_batch(batch, classify, stop=threading.Event(), engine=engine)
    return most


def test_memory_bounds_the_chunks_however_hungry_the_model_is(out: Path) -> None:
    assert most_at_once(out, Threads(5, lambda: True)) == 5


def test_a_model_with_enough_to_do_keeps_two_chunks_going(out: Path) -> None:
    assert most_at_once(out, Threads(5, lambda: False)) == 2


def test_a_model_is_hungry_until_twice_its_slots_wait() -> None:
    spending = Spending(PRICE, None, 2)
    questions = [spending.asking() for _ in range(4)]
    for question in questions:
        assert spending.starving
        question.__enter__()
    assert not spending.starving
    questions[0].__exit__(None, None, None)
    assert spending.starving


def test_without_a_model_nothing_is_hungry() -> None:
    assert not Spending().starving
