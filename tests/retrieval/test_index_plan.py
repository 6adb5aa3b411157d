"""Which kind is chosen, and how hard it looks."""

import numpy as np
import pytest
from pydantic import ValidationError

from retrieval.index import VectorIndex
from retrieval.index import plan as plans
from retrieval.index.approximate import efforts, set_effort, train
from retrieval.index.plan import IndexPlan, kinds_to_try, lists_for
from retrieval.index.tuning import draw
from tests.retrieval.test_index import clustered, unit


@pytest.mark.parametrize(
    ("vectors", "choice", "kinds"),
    [
        (0, "ivf", ("flat",)),
        (49_999, "auto", ("flat",)),
        (50_000, "auto", ("flat", "ivf", "hnsw")),
        (200_001, "auto", ("flat", "ivf")),
        (10, "hnsw", ("hnsw",)),
        (1_000_000, "flat", ("flat",)),
    ],
)
def test_the_size_says_what_is_tried(vectors, choice, kinds):
    assert kinds_to_try(vectors, choice) == kinds


@pytest.mark.parametrize(("vectors", "lists"), [(1, 1), (79, 1), (80, 2), (10_000, 250), (1_000_000, 4_000)])
def test_every_list_gets_its_points(vectors, lists):
    assert lists_for(vectors) == lists


def test_auto_keeps_the_cheapest_that_meets_the_target(monkeypatch):
    monkeypatch.setattr(plans, "FLAT_BELOW", 100)
    rows = clustered(2_000)
    forced = [VectorIndex.build(rows, kind=kind).plan for kind in ("flat", "ivf", "hnsw")]
    chosen = VectorIndex.build(rows).plan
    assert chosen == min((p for p in forced if p.meets_target), key=lambda p: p.cost)
    assert chosen.kind != "flat"


def test_auto_stays_flat_where_looking_pays_nothing(monkeypatch):
    """Without any structure, nearly all lists must be read."""
    monkeypatch.setattr(plans, "FLAT_BELOW", 100)
    rows = unit(np.random.default_rng(0).normal(size=(1_000, 128)))
    assert VectorIndex.build(rows, target=0.9999).plan.kind == "flat"


def test_a_higher_target_looks_harder():
    rows = clustered(3_000)
    low, high = (VectorIndex.build(rows, kind="ivf", target=t).plan for t in (0.8, 0.999))
    assert low.effort < high.effort
    assert low.recall < high.recall
    assert low.comparisons < high.comparisons


def test_queries_unlike_the_vectors_look_harder():
    """Products are not label paths: what finds a label's neighbours misses a product's."""
    rows, products = clustered(3_000), unit(np.random.default_rng(5).normal(size=(400, 24)))
    alone = VectorIndex.build(rows, kind="ivf").plan
    told = VectorIndex.build(rows, kind="ivf", queries=products).plan
    assert (alone.measured_with, told.measured_with) == ("vectors", "queries")
    assert told.effort > alone.effort
    assert told.measured_on == 200


def test_one_query_is_enough():
    assert VectorIndex.build(clustered(500), kind="ivf", queries=clustered(1)).plan.measured_on == 1


def test_sample_is_held_out_and_split():
    sample, rest = draw(clustered(1_000), None)
    assert sample.held_out
    assert not set(sample.own) & set(rest)
    assert len(sample.own) + len(rest) == 1_000
    chosen, fresh = sample.half(0), sample.half(1)
    assert not set(chosen.own) & set(fresh.own)
    assert (sample.queries == sample.vectors[sample.own]).all()


def test_recall_leaves_the_query_itself_out():
    """One list of many read: the query is found, most of its neighbours are not."""
    rows = unit(np.random.default_rng(0).normal(size=(2_000, 64)))
    sample, rest = draw(rows, None)
    index = train("ivf", rows, rest)
    set_effort("ivf", index, 1)
    shares = sample.recalls(index)
    _, found = index.search(sample.queries, 40)
    own = np.asarray([o in f for o, f in zip(sample.own, found.tolist(), strict=True)])
    assert own.mean() > 0.9
    assert 0 < shares.mean() < 0.5
    assert (shares == 0).any()


def test_recall_is_one_when_everything_is_read():
    rows = clustered(1_000)
    sample, rest = draw(rows, None)
    index = train("ivf", rows, rest)
    set_effort("ivf", index, index.nlist)
    assert (sample.recalls(index) == 1).all()


def test_efforts_rise_to_reading_everything():
    index = train("ivf", clustered(1_000), np.arange(1_000))
    assert efforts("ivf", index) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 25]
    assert efforts("hnsw", None) == [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]


def test_the_record_is_strict():
    plan = VectorIndex.build(clustered(100), kind="ivf").plan
    assert IndexPlan.model_validate_json(plan.model_dump_json()) == plan
    for wrong in ({"kind": "pq"}, {"recall": 1.2}, {"vectors": "100"}, {"unknown": 1}):
        with pytest.raises(ValidationError):
            IndexPlan.model_validate({**plan.model_dump(), **wrong})
