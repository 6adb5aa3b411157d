"""CPU threads of everything that computes in this process."""

import os


def use_threads(count: int | None) -> None:
    """Bound the threads; None leaves every library's own choice. Call it before the heavy imports."""
    if count is None:
        return
    # FAISS and BLAS read it when they are imported, torch may be imported already.
    os.environ["OMP_NUM_THREADS"] = str(count)
    import torch

    torch.set_num_threads(count)
