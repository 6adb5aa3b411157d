import os

import pytest
import torch

from app.threads import use_threads


def test_threads_are_bounded_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    before = torch.get_num_threads()
    try:
        use_threads(None)
        assert (os.environ["OMP_NUM_THREADS"], torch.get_num_threads()) == ("5", before)
        use_threads(2)
        assert (os.environ["OMP_NUM_THREADS"], torch.get_num_threads()) == ("2", 2)
    finally:
        torch.set_num_threads(before)
