import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from catalog.progress import Silent
from training import checkpoint
from training.loop import Loop, LoopSettings, batches


def test_every_row_once_an_epoch():
    rows = np.concatenate(list(batches([3, 1, 2] * 50, size=7, seed=1)))
    assert sorted(rows.tolist()) == list(range(150))


def test_rows_of_a_batch_are_of_like_length():
    lengths = np.random.default_rng(0).integers(1, 60, size=640)
    spread = [np.ptp(lengths[rows]) for rows in batches(lengths.tolist(), size=16, seed=0)]
    assert np.mean(spread) < 10


def test_order_repeats_with_the_seed_and_changes_with_it():
    def order(seed):
        return np.concatenate(list(batches([1] * 100, size=8, seed=seed))).tolist()

    assert order(1) == order(1) != order(2)


class Line:
    """Fits a line through noise, with dropout, so that every step depends on all before it."""

    def __init__(self, kill_at=None):
        torch.manual_seed(0)
        self.module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))
        self._kill_at = kill_at
        self.progress = []
        self.epochs = []

    def groups(self):
        return [{"params": list(self.module.parameters()), "lr": 0.1}]

    def begin_epoch(self, epoch):
        self.epochs.append(epoch)
        return [1] * 10

    def loss(self, rows, progress):
        if len(self.progress) == self._kill_at:
            raise KeyboardInterrupt
        self.progress.append(progress)
        rows = torch.as_tensor(rows, dtype=torch.float32)[:, None]
        return (self.module(rows.expand(-1, 4)) - rows).square().mean()


SETTINGS = LoopSettings(rows=10, epochs=4, batch_size=4, warmup_share=0.1, weight_decay=0.0, seed=1)


def test_a_run_killed_in_the_middle_ends_where_an_unbroken_one_does(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    whole, killed, resumed = Line(), Line(kill_at=7), Line()
    Loop(whole, SETTINGS).run(tmp_path / "whole", Silent())
    with pytest.raises(KeyboardInterrupt):
        Loop(killed, SETTINGS).run(tmp_path / "killed", Silent())
    Loop(resumed, SETTINGS).run(tmp_path / "killed", Silent())
    assert resumed.epochs == [2, 3]
    assert killed.progress + resumed.progress == whole.progress
    for one, two in zip(whole.module.parameters(), resumed.module.parameters(), strict=True):
        assert torch.equal(one, two)


def test_the_loss_is_told_how_much_is_done(tmp_path):
    line = Line()
    Loop(line, SETTINGS).run(tmp_path, Silent())
    assert line.progress == [step / 12 for step in range(12)]


def test_a_loss_that_is_no_number_stops_the_run(tmp_path):
    line = Line()
    line.loss = lambda rows, progress: torch.tensor(float("nan"), requires_grad=True)
    with pytest.raises(EncoderError, match="no longer a number"):
        Loop(line, SETTINGS).run(tmp_path, Silent())
