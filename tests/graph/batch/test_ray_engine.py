"""A real Ray cluster on this machine, two actors: the same output, and the same promise."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_world import job, output, retry, run
from llm_world import asked, good, held_back
from llm_world import job as llm_job
from llm_world import run as llm_run

from catalog.errors import SettingsError, WorkspaceError
from graph.batch.results import read_verdicts
from tests.fakes.openai_server import OpenAIServer

ray = pytest.importorskip("ray")
# Ray Data reads its own deprecated settings.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ROWS = 1_000
CHUNK = 20
CPUS = 2
"""As many as actors, so that nothing else may need one."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Its address."""
    mine = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    os.environ |= {"PYTHONPATH": f"{ROOT}:{HERE}", **mine}
    ray.init(num_cpus=CPUS, include_dashboard=False, logging_level="warning")
    try:
        yield ray.get_runtime_context().gcs_address
    finally:
        ray.shutdown()


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """What threads of one process make of the catalog."""
    run(job(tmp_path / "whole", ROWS, chunk_rows=CHUNK))
    return output(tmp_path / "whole")


def engine(actors: int = 2):
    from graph.batch.ray_engine import RayActors

    return RayActors(actors, 2)


def test_two_actors_make_the_same_bytes(cluster, out, whole, tmp_path):
    from ray_world import Noting

    who = tmp_path / "who"
    who.mkdir()
    summary = run(job(out, ROWS, chunk_rows=CHUNK), Noting(who), engine=engine())
    assert output(out) == whole
    assert (summary.rows, summary.errors, summary.reason) == (ROWS, ROWS // 10, "complete")
    workers = {int(path.name) for path in who.iterdir()}
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_a_run_of_threads_goes_on_with_actors(cluster, out, whole):
    run(job(out, ROWS, chunk_rows=CHUNK, limit=10 * CHUNK))
    run(job(out, ROWS, chunk_rows=CHUNK), engine=engine())
    assert output(out) == whole


def test_error_rows_are_done_again_by_actors(cluster, out, tmp_path):
    from batch_world import mended

    for folder, given in ((out, {"engine": engine()}), (tmp_path / "threads", {})):
        run(job(folder, ROWS, chunk_rows=CHUNK), **given)
        summary = retry(job(folder, ROWS, chunk_rows=CHUNK, rows=lambda: mended(ROWS)), **given)
        assert summary.errors == 0
    assert output(out) == output(tmp_path / "threads")


def test_an_actor_that_dies_costs_nothing(cluster, out, whole, tmp_path):
    from ray_world import Dying

    run(job(out, ROWS, chunk_rows=CHUNK), Dying(tmp_path), engine=engine())
    assert (tmp_path / "died").exists()
    assert output(out) == whole


def test_what_an_actor_raises_ends_the_run_and_the_next_one_goes_on(cluster, out, whole):
    from ray_world import Refusing

    with pytest.raises(WorkspaceError, match="`index` is gone") as raised:
        run(job(out, ROWS, chunk_rows=CHUNK), Refusing(), engine=engine())
    assert raised.value.fix == "Put it back."
    rows = [row["row"] for row in read_verdicts(out)]
    assert rows == [*range(1, len(rows) + 1)]
    assert len(rows) < 99
    run(job(out, ROWS, chunk_rows=CHUNK), engine=engine())
    assert output(out) == whole


def test_a_catalog_that_breaks_off_is_raised_when_all_before_is_written(cluster, out):
    def broken():
        from batch_world import rows

        yield from rows(5 * CHUNK)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        run(job(out, ROWS, chunk_rows=CHUNK, rows=broken), engine=engine())
    assert len(list(read_verdicts(out))) == 5 * CHUNK


def test_killed_drivers_pay_each_answer_once(cluster, out, tmp_path):
    """Drivers on a standing cluster are really killed, and the requests that the server saw are counted."""
    whole = tmp_path / "whole"
    with OpenAIServer(good) as server:
        llm_run(llm_job(whole, ROWS, chunk_rows=CHUNK), asking(server.base_url))
    rng, kills = random.Random(0), 0
    environment = {**os.environ, "RAY_ADDRESS": cluster, "OMP_NUM_THREADS": "1"}
    # Not as a script: what a driver's own script defines, actors cannot import.
    program = "import ray_world; ray_world.main()"
    script = [sys.executable, "-c", program, str(out), str(ROWS), str(CHUNK)]
    with OpenAIServer(good) as server:
        while True:
            goal = len(server.requests) + rng.randint(8, 14)
            driver = subprocess.Popen([*script, server.base_url], env=environment)
            while driver.poll() is None and len(server.requests) < goal:
                time.sleep(0.005)
            if driver.poll() is not None:
                break
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            kills += 1
        requests = asked(server.requests)
    assert driver.returncode == 0
    assert kills >= 3
    assert output(out) == output(whole)
    assert {*requests} == {*held_back(ROWS)}
    in_flight = 2 * 2  # actors times slots
    assert len(requests) <= len(held_back(ROWS)) + kills * in_flight


def test_all_actors_pay_from_one_purse(cluster, out):
    from ray_world import SLOTS, run_asking

    with OpenAIServer(good) as server:
        price = run_asking(out.with_name("one"), ROWS, CHUNK, server.base_url).cost / len(held_back(ROWS))
        server.requests.clear()
        limit = 10 * price
        summary = run_asking(out, ROWS, CHUNK, server.base_url, limit)
        assert summary.reason == "max_cost"
        assert 10 <= len(server.requests) <= 10 + 2 * SLOTS
        assert summary.cost == pytest.approx(len(server.requests) * price)


def test_more_actors_than_there_is_room_for_are_refused(cluster):
    from graph.batch.ray_cluster import room_for

    assert room_for(None, gpu=True) == (1, 0)
    assert room_for(CPUS, gpu=True) == (CPUS, 0)
    with pytest.raises(SettingsError, match=f"the cluster has {CPUS} CPUs"):
        room_for(CPUS + 1, gpu=True)


def asking(url: str):
    from llm_world import asking as expert

    return expert(url)
