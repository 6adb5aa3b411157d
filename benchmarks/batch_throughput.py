"""How fast a batch is: beside the bare encoder, beside a graph run per product, with a slow model, at length.

    PYTHONPATH=. OMP_NUM_THREADS=1 python -m benchmarks.batch_throughput CATALOG WORKSPACE [--part NAME]...

- `encoder`: rows that stop at the gate through the whole command, the same texts through `encode` alone, and
  the same products through the domain expert (encoder, other sources of recall, scores) alone.
- `graph`: the encoder's output cached; the command, and one run of the graph per product with a SQLite
  checkpointer.
- `slots`: the encoder's output cached, one row in `UNSURE` goes to a server with 64 slots and log-normal
  times; the server counts how many are taken.
- `length`: the encoder's output cached, 10,000 to 1,000,000 rows, a bad row of every kind among them, each in
  a process of its own for its peak memory.

Both sides of a comparison take turns after a warm-up; figures are medians with all runs beside them. Rates by
CPU time stand beside those by the clock, since other work shares the machine. Writes
benchmarks/results/batch_throughput.json.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver

from agents.llm.factory import build_llm
from app.batch import CatalogJob, classify_catalog
from app.exits import finished
from app.opening import Opened, open_all
from app.options import BatchOptions
from app.threads import use_threads
from benchmarks.batch_worlds import BAD_ROWS, first_products, opened_cached, write_rows
from benchmarks.provenance import RESULTS, commit, machine, write
from benchmarks.slow_llm import SlowLLM, busy
from catalog.progress import Silent
from catalog.settings import Settings, load_settings
from catalog.text import product_text
from graph.batch.results import read_verdicts
from graph.batch.summary import RunSummary
from graph.build import build_graph
from graph.context import Context

TARGET = RESULTS / "batch_throughput.json"
REMEMBERED = 1_000
SLOTS = 64
UNSURE = 5
CHUNK = 1_024
CERTAIN = 0.0
"""A threshold under which every row stops at the gate."""


def batch(
    catalog: Path, out: Path, opened: Opened, settings: Settings, threshold: float | None = None
) -> RunSummary:
    """What `batch run` does once the workspace is open."""
    job = CatalogJob(catalog, {}, out, BatchOptions(), settings)
    context = Context(top_k=settings.top_k, threshold=threshold)
    return classify_catalog(job, opened, context, Silent(), threading.Event())


def timed(work: Callable[[], object]) -> dict[str, float]:
    clock, own = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - clock, "cpu_seconds": time.process_time() - own}


def rates(runs: Sequence[dict[str, float]], rows: int) -> dict[str, Any]:
    """Rows a second, the median and all of them, by the clock and by CPU time."""
    found: dict[str, Any] = {"rows": rows}
    for name, kind in (("seconds", "rows_per_second"), ("cpu_seconds", "rows_per_cpu_second")):
        each = [round(rows / run[name], 1) for run in runs]
        found[kind] = {"median": median(each), "low": min(each), "high": max(each)}
    return found


def in_turns(sides: dict[str, tuple[int, Callable[[], object]]], repeats: int) -> dict[str, Any]:
    """Each side once to warm up, then by turns; rows and work by name."""
    for _, work in sides.values():
        work()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, (_, work) in sides.items():
            runs[name].append(timed(work))
    return {name: rates(runs[name], rows) for name, (rows, _) in sides.items()}


def compared(sides: dict[str, Any], ours: str, theirs: str) -> dict[str, float]:
    """Our median over theirs."""
    kinds = ("rows_per_second", "rows_per_cpu_second")
    return {kind: round(sides[ours][kind]["median"] / sides[theirs][kind]["median"], 3) for kind in kinds}


def beside_encoder(catalog: Path, workspace: Path, rows: int, repeats: int) -> dict[str, Any]:
    settings = load_settings(llm="none", device="cpu")
    opened = open_all(workspace, settings, None, Silent())
    products = first_products(catalog, rows)
    texts = [product_text(product) for product in products]
    expert = opened.experts.domain_expert
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "rows.csv", Path(name) / "out"
        write_rows(catalog, rows, source)

        def ours() -> None:
            shutil.rmtree(out, ignore_errors=True)
            summary = batch(source, out, opened, settings, CERTAIN)
            assert summary.statuses == {"accepted": rows}

        def bare() -> None:
            for start in range(0, rows, CHUNK):
                expert.encoder.encode(texts[start : start + CHUNK])

        def recommending() -> None:
            for start in range(0, rows, CHUNK):
                expert(products[start : start + CHUNK])

        works = {"batch": ours, "encoder": bare, "domain_expert": recommending}
        sides = in_turns({name: (rows, work) for name, work in works.items()}, repeats)
    return {
        **sides,
        "share": compared(sides, "batch", "encoder"),
        "share_of_the_domain_expert": compared(sides, "batch", "domain_expert"),
        "target": 0.9,
    }


def beside_graph(catalog: Path, workspace: Path, rows: int, few: int, *, repeats: int) -> dict[str, Any]:
    settings = load_settings(llm="none", device="cpu")
    products = first_products(catalog, REMEMBERED)
    opened = opened_cached(workspace, products)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, out = folder / "rows.csv", folder / "out"
        write_rows(catalog, rows, source)
        asked = [p.model_copy(update={"product_id": f"p-{n}"}) for n, p in enumerate(products[:few])]

        def ours() -> None:
            shutil.rmtree(out, ignore_errors=True)
            assert batch(source, out, opened, settings).rows == rows

        def each() -> None:
            database = folder / "checkpoints.sqlite"
            for old in folder.glob("checkpoints.sqlite*"):
                old.unlink()
            with SqliteSaver.from_conn_string(str(database)) as saver:
                graph = build_graph(opened.experts, checkpointer=saver)
                for product in asked:
                    config: RunnableConfig = {"configurable": {"thread_id": product.product_id}}
                    graph.invoke({"products": [product]}, config, context=Context())

        sides = in_turns({"batch": (rows, ours), "graph_a_product": (few, each)}, repeats)
    return {**sides, "times": compared(sides, "batch", "graph_a_product"), "target": 20.0}


def slots_taken(catalog: Path, workspace: Path, rows: int, seconds: float, sigma: float) -> dict[str, Any]:
    """`busy` as in `benchmarks.slow_llm.busy`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy, source, out = folder / "workspace", folder / "rows.csv", folder / "out"
        shutil.copytree(workspace, copy)
        write_rows(catalog, rows, source)
        with SlowLLM(median=seconds, sigma=sigma) as server:
            settings = load_settings(
                llm="stand-in", llm_base_url=server.base_url, device="cpu", llm_concurrency=SLOTS
            )
            llm = build_llm(settings.llm, base_url=server.base_url, max_concurrency=SLOTS, max_retries=0)
            products = first_products(catalog, REMEMBERED)
            opened = opened_cached(copy, products, unsure=UNSURE, llm=llm)
            # Definitions are written once a workspace; here it is the ranking that is measured.
            opened = replace(opened, experts=replace(opened.experts, summarizer=None))
            ran = timed(lambda: batch(source, out, opened, settings))
        statuses: dict[str, int] = {}
        for row in read_verdicts(out):
            statuses[row["status"]] = statuses.get(row["status"], 0) + 1
    return {
        "rows": rows,
        "requests": sum(step > 0 for _, step in server.events),
        "slots": SLOTS,
        "delays": {"median": seconds, "sigma": sigma},
        "statuses": statuses,
        **{name: round(value, 2) for name, value in ran.items()},
        "busy": busy(server.events, SLOTS),
        "target": 0.95,
    }


def at_length(catalog: Path, workspace: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Each size in a process of its own."""
    found = {}
    for rows in sizes:
        command = [sys.executable, "-m", "benchmarks.batch_throughput", str(catalog), str(workspace)]
        done = subprocess.run(
            [*command, "--one-length", str(rows)], stdout=subprocess.PIPE, text=True, check=True
        )
        found[str(rows)] = json.loads(done.stdout)
    few, many = found[str(sizes[0])], found[str(sizes[-1])]
    growth = {name: round(many[name] / few[name], 3) for name in ("rows_per_second", "rows_per_cpu_second")}
    peak = many["peak_rss_mib"] - few["peak_rss_mib"]
    return {**found, "growth": {**growth, "peak_rss_mib": peak}, "target_peak_rss_mib": 2048}


def one_length(catalog: Path, workspace: Path, rows: int) -> dict[str, Any]:
    """One batch with a bad row of every kind; refuses to report one that lost a row."""
    settings = load_settings(llm="none", device="cpu")
    opened = opened_cached(workspace, first_products(catalog, REMEMBERED))
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "rows.csv", Path(name) / "out"
        write_rows(catalog, rows, source, bad=True)
        ran = timed(lambda: batch(source, out, opened, settings))
        run = json.loads((out / "run.json").read_text("utf-8"))
        numbers, kinds = 0, []
        for row in read_verdicts(out):
            numbers += 1
            if row["row"] != numbers:
                raise SystemExit(f"row {row['row']} stands where row {numbers} should")
            if row["status"] == "error":
                kinds.append(row["error"].partition(":")[0])
        size = sum(part.stat().st_size for part in (out / "verdicts").iterdir())
    if numbers != rows or sorted(kinds) != sorted(BAD_ROWS):
        raise SystemExit(f"{numbers} rows with errors {kinds} came of {rows} rows with errors {[*BAD_ROWS]}")
    return {
        "rows": rows,
        "rows_in_the_output": numbers,
        "errors_by_kind": run["errors_by_kind"],
        "exit_code": finished(run["errors"]),
        "seconds": round(ran["seconds"], 1),
        "rows_per_second": round(rows / ran["seconds"], 1),
        "rows_per_cpu_second": round(rows / ran["cpu_seconds"], 1),
        "peak_rss_mib": run["peak_rss_mib"],
        "output_mib": round(size / 2**20, 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalog", type=Path)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--part", action="append", choices=["encoder", "graph", "slots", "length"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--encoder-rows", type=int, default=4_096)
    parser.add_argument("--graph-rows", type=int, nargs=2, default=[20_480, 200])
    parser.add_argument("--slots-rows", type=int, default=20_480)
    parser.add_argument("--seconds", type=float, default=2.0, help="median of the delays")
    parser.add_argument("--sigma", type=float, default=0.8, help="of their logarithm")
    parser.add_argument("--lengths", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--one-length", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    use_threads(1)
    places = options.catalog, options.workspace
    if options.one_length:
        print(json.dumps(one_length(*places, options.one_length)))
        return
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "encoder": lambda: beside_encoder(*places, options.encoder_rows, options.repeats),
        "graph": lambda: beside_graph(*places, *options.graph_rows, repeats=options.repeats),
        "slots": lambda: slots_taken(*places, options.slots_rows, options.seconds, options.sigma),
        "length": lambda: at_length(*places, options.lengths),
    }
    for name in options.part or parts:
        head = {"commit": commit(), "machine": machine(), "catalog": options.catalog.name}
        result = {name: {**head, "workspace": options.workspace.name, **parts[name]()}}
        found = json.loads(TARGET.read_text("utf-8")) if TARGET.is_file() else {}
        write(TARGET, {**found, **result})
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
