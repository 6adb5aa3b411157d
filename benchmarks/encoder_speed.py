"""Products a second of `Encoder.encode` beside the plain way, in one run, and whether both rank alike.

    PYTHONPATH=. OMP_NUM_THREADS=2 python -m benchmarks.encoder_speed CATALOG... [--rows 1000] [--threads 2]

Plain is the same encoder in float32 on padded batches of 32 in catalog order. The ways take turns within each
round, after a round of warm-up; tokenizing is counted. Wall clock is what a user waits for; processor time is
the fairer one where other programs run. Agreement is the share of rows with the same nearest label path as
plain, each way with its own vectors of the label paths. Writes benchmarks/results/encoder_speed.json; a row
that is not run again stays.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Row
from catalog.reader import read_catalog
from catalog.text import product_text
from retrieval.encoder.base import Encoder, Vectors
from retrieval.encoder.batches import by_tokens
from retrieval.encoder.choose import choose_encoder
from retrieval.encoder.load import load_encoder
from retrieval.workspace import file_hash

FILE = RESULTS / "encoder_speed.json"
BATCH = 32
PASS_TOKENS = 2_048

Way = Callable[[list[str]], Vectors]
Seconds = tuple[float, float]


def plain(encoder: Encoder) -> Way:
    """As one calls a model without further thought."""

    def encode(texts: list[str]) -> Vectors:
        batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
        with torch.inference_mode():
            return np.concatenate([encoder.forward(encoder.tokenize(batch)).numpy() for batch in batches])

    return encode


def sorted_only(encoder: Encoder) -> Way:
    """Batches by length and tokens, with torch's own products."""

    def encode(texts: list[str]) -> Vectors:
        ids = encoder.tokenize(texts)
        vectors = np.empty((len(ids), encoder.dim), np.float32)
        with torch.inference_mode():
            for rows in by_tokens(ids, PASS_TOKENS):
                vectors[rows] = encoder.forward([ids[row] for row in rows]).numpy()
        return vectors

    return encode


def ways(spec: str) -> dict[str, Way]:
    default = load_encoder(spec, device="cpu")
    exact, half = computing(default, torch.float32), computing(default, torch.bfloat16)
    return {
        "plain": plain(exact),
        "sorted": sorted_only(exact),
        "default": default.encode,
        "bf16": half.encode,
    }


def computing(encoder: Encoder, dtype: torch.dtype) -> Encoder:
    """The same weights, computed with in `dtype`."""
    other = copy(encoder)
    other.dtype = other.inference_dtype = dtype
    return other


def timed(way: Way, texts: list[str]) -> Seconds:
    """Wall clock and processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    way(texts)
    return time.perf_counter() - wall, time.process_time() - processor


def figures(found: list[Seconds], of_plain: list[Seconds], rows: int) -> dict[str, Any]:
    """Median and spread of the speed, and of each round's ratio to plain in the same round."""
    result: dict[str, Any] = {}
    for name, position in (("wall", 0), ("processor", 1)):
        speeds = [rows / seconds[position] for seconds in found]
        ratios = [base[position] / mine[position] for base, mine in zip(of_plain, found, strict=True)]
        result[name] = {"products_per_second": spread(speeds, 1), "times_plain": spread(ratios, 2)}
    return result


def spread(values: Sequence[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "most": round(max(values), digits),
    }


def run(catalog: Path, options: argparse.Namespace) -> dict[str, Any]:
    spec, texts, labels = inputs(catalog, options)
    compared = ways(spec)
    top = agreement(compared, texts, labels)
    load = os.getloadavg()[0]
    taken: dict[str, list[Seconds]] = {name: [] for name in compared}
    for number in range(options.rounds):
        for name, way in compared.items():
            taken[name].append(timed(way, texts))
        print(f"{catalog.stem}: round {number + 1} of {options.rounds}", file=sys.stderr)
    return {
        "encoder": spec,
        "rows": len(texts),
        "label_paths": len(labels),
        "threads": torch.get_num_threads(),
        "load_average": [round(load, 1), round(os.getloadavg()[0], 1)],
        "ways": {
            name: {**figures(found, taken["plain"], len(texts)), "same_top_1": top[name]}
            for name, found in taken.items()
        },
    }


def inputs(catalog: Path, options: argparse.Namespace) -> tuple[str, list[str], list[str]]:
    """The encoder's name, texts of some products in the catalog's order, and all label paths."""
    products = [item.product for item in read_catalog(catalog, labelled=True) if isinstance(item, Row)]
    spec = options.encoder
    if spec == "auto":
        spec, _ = choose_encoder([p.locale for p in products], [p.title for p in products])
    chosen = sorted(random.Random(0).sample(range(len(products)), min(options.rows, len(products))))
    paths = sorted({path for product in products for path in product.category_paths})
    labels = [" . ".join(reversed(path.split(" > "))) for path in paths]
    return spec, [product_text(products[row]) for row in chosen], labels


def agreement(compared: dict[str, Way], texts: list[str], labels: list[str]) -> dict[str, float]:
    """Share of texts with the same nearest label as plain; warms every way up too."""
    nearest = {name: (way(texts) @ way(labels).T).argmax(axis=1) for name, way in compared.items()}
    return {name: round(float((found == nearest["plain"]).mean()), 4) for name, found in nearest.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogs", nargs="+", type=Path)
    parser.add_argument("--encoder", default="auto", help="by the catalog's language, if not given")
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    for catalog in options.catalogs:
        result = {
            "commit": commit(),
            "machine": machine(),
            "data": file_hash(catalog),
            **run(catalog, options),
        }
        found = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
        # The shipped one is `shop/train.jsonl`.
        name = catalog.stem if catalog.parent.name != "shop" else f"shop-{catalog.stem}"
        write(FILE, {**found, f"{name}, {options.threads} threads": result})


if __name__ == "__main__":
    main()
