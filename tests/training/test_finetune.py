import numpy as np
import pytest

from training import checkpoint
from training.finetune import batches
from training.recipe import Recipe


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


@pytest.mark.parametrize(("rows", "epochs"), [(800, 16), (20_000, 5), (1_000_000, 5)])
def test_small_catalogs_get_more_epochs(rows, epochs):
    assert Recipe().epochs_for(rows) == epochs


def test_a_run_killed_in_the_middle_ends_where_an_unbroken_one_does(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)

    def parts():
        torch.manual_seed(0)
        module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.5))
        head = {"weights": torch.nn.Parameter(torch.ones(4))}
        optimizer = torch.optim.AdamW([*module.parameters(), *head.values()], lr=0.1)
        return module, head, optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: 1 / (1 + s))

    def run(module, head, optimizer, schedule, folder, start, stop):
        saver = checkpoint.Checkpoint(folder)
        for step in range(start + 1, stop + 1):
            loss = (module(torch.full((2, 4), float(step))) * head["weights"]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            saver.maybe_save(step, module, head, optimizer, schedule)
        return head["weights"].detach().clone()

    whole = run(*parts(), tmp_path / "whole", 0, 10)
    run(*parts(), tmp_path / "killed", 0, 6)
    fresh = parts()
    done = checkpoint.Checkpoint(tmp_path / "killed").restore(*fresh)
    assert done == 6
    assert torch.equal(run(*fresh, tmp_path / "killed", done, 10), whole)
