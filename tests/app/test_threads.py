import os

import pytest
import torch

from app import threads
from app.threads import idle_cores, use_threads


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_given_count_is_taken() -> None:
    use_threads(2)
    assert (os.environ["OMP_NUM_THREADS"], torch.get_num_threads()) == ("2", 2)


def test_the_environment_is_heard_without_a_count() -> None:
    use_threads(None)
    assert torch.get_num_threads() == 3


def test_without_either_the_idle_cores_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(threads, "idle_cores", lambda: 1)
    use_threads(None)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(("load", "cores"), [(0.3, 4), (1.9, 3), (9.0, 1)])
def test_busy_cores_are_left_to_their_owners(
    monkeypatch: pytest.MonkeyPatch, load: float, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(4)))
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert idle_cores() == cores
