"""Batches that are killed again and again, against one that is not: what was written, and what was asked.

    PYTHONPATH=. python -m benchmarks.batch_chaos [--rows 20000] [--seeds 50]

Each seed is a batch of `rows` rows whose process gets SIGKILL at random moments until it is done. A server of
its own process answers by script and counts. The parts and `errors.jsonl` must be those of the unbroken run,
byte for byte; more requests than one pass must have been in flight at a kill. Runs
tests/graph/batch/killing_llm.py; writes benchmarks/results/batch_chaos.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.provenance import RESULTS, commit, machine, write

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "graph" / "batch" / "killing_llm.py"
SLOTS = 2
"""Of the script: requests in flight at once."""


def chaos(rows: int, seeds: int) -> dict[str, Any]:
    """What the script found, and how long it took."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(SCRIPT), folder, str(rows), *map(str, range(seeds))]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "seconds": round(time.monotonic() - began, 1)}


def summed(found: dict[str, Any], rows: int) -> dict[str, Any]:
    """The figures of all seeds."""
    runs = found["runs"]
    return {
        "rows": rows,
        "seeds": len(runs),
        "kills": sum(run["kills"] for run in runs),
        "seeds_with_other_bytes": sum(not run["same"] for run in runs),
        "calls_of_an_unbroken_run": found["whole"],
        "calls_over_one_pass": sum(run["asked"] - found["needed"] for run in runs),
        "most_in_flight_at_the_kills": SLOTS * sum(run["kills"] for run in runs),
        "seeds_over_what_was_in_flight": sum(
            run["asked"] > found["needed"] + SLOTS * run["kills"] for run in runs
        ),
        "seconds": found["seconds"],
        "runs": runs,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=50)
    options = parser.parse_args(arguments)
    found = summed(chaos(options.rows, options.seeds), options.rows)
    write(RESULTS / "batch_chaos.json", {"commit": commit(), "machine": machine(), **found})
    print(json.dumps({name: value for name, value in found.items() if name != "runs"}, indent=1))


if __name__ == "__main__":
    main()
