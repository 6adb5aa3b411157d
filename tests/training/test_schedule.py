import pytest

from training.schedule import Schedule


@pytest.mark.parametrize(("rows", "epochs"), [(800, 16), (20_000, 3), (1_000_000, 3)])
def test_small_catalogs_get_more_epochs(rows, epochs):
    assert Schedule().epochs_for(rows) == epochs


def test_what_is_asked_for_is_done():
    loop = Schedule(epochs=3, batch_size=10).loop(95, seed=4)
    assert (loop.steps, loop.epochs, loop.seed) == (30, 3, 4)
