"""CPU threads of everything that computes in this process."""

import os


def use_threads(count: int | None) -> None:
    """Bound the threads. Call it before the heavy imports.

    Args:
        count: None takes `OMP_NUM_THREADS` where it is set, else the cores that nobody keeps busy.
    """
    threads = count or int(os.environ.get("OMP_NUM_THREADS") or idle_cores())
    # FAISS and BLAS read these when they are imported, torch may be imported already.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch

    torch.set_num_threads(threads)


def idle_cores() -> int:
    """At least one: thread pools that fight over the same cores are several times slower than one each."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable - int(os.getloadavg()[0]))
