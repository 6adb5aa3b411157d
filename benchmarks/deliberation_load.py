"""1,000 deliberations through the real graph against a stand-in server: are the model's slots kept busy?

    python -m benchmarks.deliberation_load WORKSPACE CATALOG --split SPLIT

The domain expert's recommendations are computed before and handed out from memory; gate, general expert,
check and decision are the real ones. The server is a process of its own, with log-normal delays and as many
slots as the client may use at once. Two runs: every call answered, and one call in ten failing (500, 503, 429
with Retry-After, reset, empty, garbage, cut off). Says nothing about accuracy.
Writes benchmarks/results/deliberation_load.json.
"""

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import psutil

from agents.case import Recommendation
from agents.domain_expert import DomainExpert
from agents.llm.factory import LLM, build_llm
from agents.llm.usage import counting_usage
from app.running import GraphRunner
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Product, Row
from catalog.reader import read_catalog
from catalog.split import read_split
from graph.context import Context, Experts
from graph.open import Opening, experts_over
from graph.verdict import Verdict
from retrieval.workspace import Workspace, file_hash

TARGET = RESULTS / "deliberation_load.json"
TIMEOUT_S = 60.0
AHEAD = 2
"""Cases worked on at once, for each slot: one asks while another's prompt is made or its answer is read."""


@dataclass(frozen=True)
class Load:
    """What the server does."""

    slots: int
    median_s: float
    sigma: float
    fail: float
    seed: int = 0

    def arguments(self) -> list[str]:
        return [f"--{name.replace('_', '-')}={value}" for name, value in asdict(self).items()]


class KnownRecommendations:
    """A domain expert that has done its work before."""

    def __init__(self, expert: DomainExpert, products: Sequence[Product], k: int) -> None:
        self._expert = expert
        found = expert(products, k=k)
        self._known = {each.product_id: one for each, one in zip(products, found, strict=True)}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._expert, name)

    def __call__(self, products: Sequence[Product], *, k: int = 10) -> list[Recommendation]:
        del k
        return [self._known[each.product_id] for each in products]


@contextmanager
def server(load: Load) -> Iterator[str]:
    """Address of a stand-in server that runs inside."""
    command = [sys.executable, "-m", "benchmarks.stand_in_server", *load.arguments()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def products_of(catalog: Path, split: Path, count: int) -> list[Product]:
    """The first products of the test part."""
    parts = read_split(split)
    rows = (row.product for row in read_catalog(catalog, columns={}) if isinstance(row, Row))
    return list(islice((each for each in rows if parts.get(each.product_id) == "test"), count))


def experts_for(workspace: Path, expert: KnownRecommendations, llm: LLM) -> Experts:
    """All experts, without the summarizer, which would ask for definitions beside what is measured."""
    opening = Opening(workspace, llm=llm, strategy="cot_rank", device="cpu")
    experts = experts_over(opening, Workspace(workspace), cast(DomainExpert, expert))
    return replace(experts, summarizer=None)


def measure(
    workspace: Path, expert: KnownRecommendations, products: Sequence[Product], load: Load
) -> dict[str, Any]:
    """One run over all products."""
    with server(load) as url:
        llm = build_llm("stand-in", base_url=f"{url}/v1", timeout_s=TIMEOUT_S, max_concurrency=load.slots)
        experts = experts_for(workspace, expert, llm)
        runner = GraphRunner.over(experts, Context(threshold=1.0), AHEAD * load.slots)
        runner.verdicts(products[:1], lambda update: None)  # the first request imports its client
        before, ended = _slots(url), list[float]()
        cpu, start = psutil.Process().cpu_times(), time.monotonic()
        with counting_usage() as counter:
            verdicts = runner.verdicts(products, lambda update: _note(update, ended))
        run_s = time.monotonic() - start
        used = psutil.Process().cpu_times()
        slots = _slots(url)
    busy_s = slots["busy_s"] - before["busy_s"]
    return {
        "load": asdict(load),
        "cases_at_once": AHEAD * load.slots,
        "products": len(products),
        "run_s": round(run_s, 2),
        "slots_busy": round(busy_s / (load.slots * run_s), 4),
        "slots_busy_but_for_the_last": _but_for_the_last(ended, start, busy_s, load.slots),
        "client_cpu_s": round(used.user + used.system - cpu.user - cpu.system, 1),
        "most_at_once": slots["most"],
        "machine_load": round(psutil.getloadavg()[0], 1),
        "requests": slots["requests"],
        "usage": counter.usage.model_dump(),
        "traffic": llm.traffic.report().model_dump(),
        **_outcome(products, verdicts),
    }


def _slots(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/slots") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def _note(update: Mapping[str, Any], ended: list[float]) -> None:
    if "deliberate" in update:
        ended.append(time.monotonic())


def _but_for_the_last(ended: list[float], start: float, busy_s: float, slots: int) -> float:
    """The same share up to when fewer cases than slots were left, so that some slots had to run empty."""
    *_, first_empty = sorted(ended)[: len(ended) - slots + 1]
    after = sum(at - first_empty for at in ended if at > first_empty)
    return round((busy_s - after) / (slots * (first_empty - start)), 4)


def _outcome(products: Sequence[Product], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    lost = Counter(p.product_id for p in products) - Counter(v.product_id for v in verdicts)
    return {
        "lost": lost.total(),
        "statuses": dict(Counter(verdict.status for verdict in verdicts)),
        "errors": dict(Counter((verdict.error or "")[:80] for verdict in verdicts if verdict.error)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--median-s", type=float, default=4.0)
    parser.add_argument("--sigma", type=float, default=0.4)
    parser.add_argument("--fail", type=float, nargs="+", default=[0.0, 0.1])
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    products = products_of(options.catalog, options.split, options.products)
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(shutil.copytree(options.workspace, Path(folder) / "workspace"))
        opened = DomainExpert.open(Workspace(workspace), device="cpu")
        expert = KnownRecommendations(opened, products, Context().top_k)
        for fail in options.fail:
            load = Load(options.slots, options.median_s, options.sigma, fail)
            runs.append(measure(workspace, expert, products, load))
            print(json.dumps(runs[-1], indent=1), file=sys.stderr)
    data = {"catalog": file_hash(options.catalog), "split": file_hash(options.split), "part": "test"}
    write(TARGET, {"commit": commit(), "machine": machine(), "data": data, "runs": runs})


if __name__ == "__main__":
    main()
