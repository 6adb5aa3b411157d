import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from batch_world import job, product, run, verdict

from catalog.product import Product
from graph.batch.summary import Progress
from graph.verdict import Verdict

ROWS = 100_000
# Keeping the verdicts of four fifths of the rows takes more than 100 MiB.
MOST_GROWTH_MIB = 60
ANY = verdict(product(1), candidates=())


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def quickly(products: Sequence[Product]) -> list[Verdict]:
    return [ANY.model_copy(update={"product_id": each.product_id}) for each in products]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_rows(out: Path) -> None:
    resident: dict[int, float] = {}

    def listen(where: Progress) -> None:
        resident[where.rows] = resident_mib()

    run(job(out, ROWS, chunk_rows=1_000, chunks_in_flight=4), quickly, progress=listen)
    early = max(size for row, size in resident.items() if row <= ROWS // 5)
    late = max(resident.values())
    assert len(resident) == ROWS // 1_000
    assert late - early < MOST_GROWTH_MIB
