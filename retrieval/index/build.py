"""From vectors to the cheapest index that still finds what comparing with everything finds."""

from typing import Any

import numpy as np

from retrieval.index.approximate import Trained, train
from retrieval.index.exact import Floats, checksum
from retrieval.index.plan import LINKS, POINTS_PER_LIST, Choice, IndexPlan, kinds_to_try, lists_for
from retrieval.index.tuning import draw, tune

Built = tuple[IndexPlan, Any | None]


def build(vectors: Floats, choice: Choice, queries: Floats | None, target: float) -> Built:
    """Build every kind worth trying; of those that meet the target, keep the one that costs a query least.

    Returns:
        the plan and its trained index, None beside a flat plan.
    """
    built: list[Built] = []
    for kind in kinds_to_try(len(vectors), choice):
        if kind == "flat":
            built.append((flat_plan(vectors), None))
        else:
            built.append(_trained(kind, vectors, queries, target))
    return min(built, key=lambda b: b[0].preference)


def flat_plan(vectors: Floats) -> IndexPlan:
    n, dim = vectors.shape
    return IndexPlan(kind="flat", vectors=n, dim=dim, comparisons=n, checksum=checksum(vectors))


def _trained(kind: Trained, vectors: Floats, queries: Floats | None, target: float) -> Built:
    sample, rest = draw(vectors, queries)
    index = train(kind, vectors, np.sort(rest[: POINTS_PER_LIST * lists_for(len(vectors))]))
    tuned = tune(kind, index, sample, target)
    plan = IndexPlan(
        kind=kind,
        vectors=len(vectors),
        dim=vectors.shape[1],
        lists=lists_for(len(vectors)) if kind == "ivf" else None,
        links=LINKS if kind == "hnsw" else None,
        effort=tuned.effort,
        target=target,
        recall=tuned.recall,
        measured_on=len(sample.half(1).queries),
        measured_with="vectors" if sample.held_out else "queries",
        comparisons=tuned.comparisons,
        checksum=checksum(vectors),
    )
    return plan, index
