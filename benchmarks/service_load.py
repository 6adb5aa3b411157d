"""The HTTP service beside its bare encoder, in one run on loopback.

    python -m benchmarks.service_load WORKSPACE [--seconds 20] [--rounds 3] [--threads 1]

In each round, one after the other: the service at 64 connections, the bare encoder at the batch size that
the service came to, single products that the gate stops, single passes of the encoder. The client runs on the
same machine and costs the service its share of the processor. Titles are those of the workspace's training
products: for load, no accuracy is read from them. Writes benchmarks/results/service_load.json.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from prometheus_client.parser import text_string_to_metric_families

from agents.domain_expert import DomainExpert
from benchmarks.http_load import Load, body, load
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Product
from catalog.text import product_text
from retrieval.encoder.base import Encoder
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace

FILE = RESULTS / "service_load.json"
_CHUNKS = "dual_expert_chunk_products"


@contextmanager
def serving(options: argparse.Namespace) -> Iterator[str]:
    """The service in a process of its own, and its URL."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "app", "serve", "--workspace", str(options.workspace), "--json"]
        command += ["--llm", "none", "--port", "0", "--rate", "1000000", "--grace", "0"]
        command += ["--threads", str(options.threads), "--chunk", str(options.chunk)]
        command += ["--queue", str(Path(folder) / "review.sqlite")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")["url"]
            finally:
                process.terminate()


def chunks(url: str) -> tuple[float, float]:
    """Products and chunks that the service has encoded."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = {sample.name: sample.value for family in families for sample in family.samples}
    return samples[f"{_CHUNKS}_sum"], samples[f"{_CHUNKS}_count"]


def encoded(encoder: Encoder, texts: Sequence[str], size: int, seconds: float) -> float:
    """Texts a second in batches of this size."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        at = done % max(1, len(texts) - size)
        encoder.encode(texts[at : at + size])
        done += size
    return done / (time.perf_counter() - start)


def singles(encoder: Encoder, texts: Sequence[str], count: int) -> list[float]:
    """Seconds of each pass of one text."""
    found = []
    for text in texts[:count]:
        start = time.perf_counter()
        encoder.encode([text])
        found.append(time.perf_counter() - start)
    return found


def throughput(
    url: str, encoder: Encoder, titles: Sequence[str], options: argparse.Namespace
) -> dict[str, Any]:
    """One round of many products."""
    products, passes = chunks(url)
    sent = load(
        f"{url}/classify",
        (body(title, 0.0) for title in cycle(titles)),
        connections=options.connections,
        seconds=options.seconds,
        most=sys.maxsize,
    )
    more, later = chunks(url)
    size = max(1, round((more - products) / (later - passes)))
    texts = [product_text(Product(product_id="1", title=title)) for title in titles]
    bare = encoded(encoder, texts, size, options.seconds)
    return {
        "service_per_s": round(sent.rate, 1),
        "answers": len(sent.seconds),
        "lost": sent.lost,
        "batch": size,
        "encoder_per_s": round(bare, 1),
        "share": round(sent.rate / bare, 3),
    }


def latency(url: str, encoder: Encoder, titles: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """One round of single products."""
    texts = [product_text(Product(product_id="1", title=title)) for title in titles]
    bare = singles(encoder, texts, options.singles)
    sent: Load = load(
        f"{url}/classify",
        (body(title, 0.0) for title in cycle(titles)),
        connections=1,
        seconds=60.0,
        most=options.singles,
    )
    ms = {"service": _percentiles(sent.seconds), "encoder": _percentiles(bare)}
    return {**ms, "lost": sent.lost, "times": round(ms["service"]["p95"] / ms["encoder"]["p95"], 2)}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    return {f"p{p}": round(float(np.percentile(seconds, p)) * 1000, 2) for p in (50, 95, 99)}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All rounds."""
    torch.set_num_threads(options.threads)
    workspace = Workspace(options.workspace)
    expert = DomainExpert.open(workspace, threads=options.threads)
    titles = list(dict.fromkeys(expert.examples.titles))[: options.titles]
    with serving(options) as url:
        load(f"{url}/classify", (body(t, 0.0) for t in titles), connections=8, seconds=2.0, most=64)
        singles(expert.encoder, titles, 10)
        rounds = [
            {
                "throughput": throughput(url, expert.encoder, titles, options),
                "latency": latency(url, expert.encoder, titles, options),
            }
            for _ in range(options.rounds)
        ]
    return {
        "commit": commit(),
        "machine": {**machine(), "threads": options.threads},
        "workspace": {"fingerprint": workspace.fingerprint, "categories": categories(workspace)},
        "connections": options.connections,
        "chunk": options.chunk,
        "seconds": options.seconds,
        "median_share": float(np.median([r["throughput"]["share"] for r in rounds])),
        "median_times": float(np.median([r["latency"]["times"] for r in rounds])),
        "lost": sum(r[part]["lost"] for r in rounds for part in ("throughput", "latency")),
        "rounds": rounds,
    }


def categories(workspace: Workspace) -> int:
    return len(Taxonomy.load(workspace.path("taxonomy.json")))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement of throughput")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--chunk", type=int, default=32, help="most products in an encoder pass")
    parser.add_argument("--singles", type=int, default=200, help="single products a round")
    parser.add_argument("--titles", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=1, help="of the encoder, in both processes")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(arguments)
    found = run(options)
    write(options.out, found)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
