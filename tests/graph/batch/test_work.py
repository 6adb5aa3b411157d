import pickle
from pathlib import Path

from batch_world import CATEGORIES, classify, rows

from graph.batch.chunks import Chunk
from graph.batch.work import Worker


def test_what_a_worker_takes_and_gives_can_travel_to_another_process(out: Path) -> None:
    worker = Worker(
        classify=classify,
        known_categories=frozenset(CATEGORIES),
        keep_latency=False,
        clock=lambda: 0.0,
        folder=out,
        salt="",
    )
    chunk = Chunk(0, list(rows(30)))
    finished = worker.finish(pickle.loads(pickle.dumps(chunk)))
    assert pickle.loads(pickle.dumps(finished)) == finished == worker.finish(chunk)
    assert finished.done.rows == 30
    assert not out.exists()
