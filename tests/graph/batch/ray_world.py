"""Classifiers that can be sent to actors, and a batch on the cluster at `RAY_ADDRESS`.

main: FOLDER ROWS CHUNK_ROWS URL      URL of a scripted language model
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batch_world import classify
from llm_world import PRICE, asking, classifier, job

from catalog.errors import WorkspaceError
from catalog.product import Product
from graph.batch.purse import Purse
from graph.batch.ray_cluster import RayPurse, connect
from graph.batch.ray_engine import RayActors
from graph.batch.runner import run_batch
from graph.batch.spending import Spending
from graph.verdict import Verdict

SLOTS = 2


class Noting:
    """Leaves a file named after its process, so that one sees who worked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, products: Sequence[Product]) -> list[Verdict]:
        (self.folder / str(os.getpid())).touch()
        return classify(products)


class Dying(Noting):
    """Its first process that meets a product dies."""

    def __call__(self, products: Sequence[Product]) -> list[Verdict]:
        died = self.folder / "died"
        if any(product.product_id == "p99" for product in products) and not died.exists():
            died.touch()
            os._exit(1)
        return classify(products)


class Refusing:
    """Cannot go on from a product on."""

    def __call__(self, products: Sequence[Product]) -> list[Verdict]:
        if any(product.product_id == "p99" for product in products):
            raise WorkspaceError("`index` is gone.", fix="Put it back.")
        return classify(products)


class Asking:
    """Asks a server about what the gate holds back."""

    def __init__(self, url: str, limit: float | None, purse: Purse) -> None:
        self._given = (url, limit, purse)
        self._lock = threading.Lock()
        self._opened: Any = None

    def __reduce__(self) -> Any:
        return Asking, self._given

    def __call__(self, products: Sequence[Product]) -> Any:
        url, limit, purse = self._given
        with self._lock:
            self._opened = self._opened or classifier(
                asking(url, SLOTS), Spending(PRICE, limit, SLOTS, purse), slots=SLOTS
            )
        return self._opened(products)


def run_asking(out: Path, count: int, chunk_rows: int, url: str, limit: float | None = None) -> Any:
    connect()
    purse = RayPurse()
    return run_batch(
        job(out, count, chunk_rows=chunk_rows),
        Asking(url, limit, purse),
        stop=threading.Event(),
        spending=Spending(PRICE, limit, SLOTS, purse),
        engine=RayActors(2, 2),
    )


def main() -> None:
    run_asking(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
