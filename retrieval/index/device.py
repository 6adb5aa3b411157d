"""Proposals from a GPU where FAISS finds one."""

from collections.abc import Callable
from typing import Any, Final

import faiss

from retrieval.index.approximate import proposing
from retrieval.index.exact import Floats, Positions, Propose
from retrieval.index.plan import IndexPlan

GPU_LIMIT: Final = 2048  # the most results a query, and lists read a query, that FAISS allows there


def on_gpus(plan: IndexPlan, on_cpu: Propose, index: Callable[[], Any]) -> Propose:
    """Propose with a copy of the index on all GPUs; what these cannot hold or answer stays with `on_cpu`."""
    if faiss.get_num_gpus() == 0 or plan.kind == "hnsw" or (plan.effort or 0) > GPU_LIMIT:
        return on_cpu
    copy = proposing(faiss.index_cpu_to_all_gpus(index()))

    def propose(queries: Floats, m: int) -> Positions:
        return copy(queries, m) if m <= GPU_LIMIT else on_cpu(queries, m)

    return propose
