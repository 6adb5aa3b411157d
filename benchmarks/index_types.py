"""Flat, IVF and HNSW over the same vectors: build, recall@10 against flat, speed, file size, memory.

    PYTHONPATH=.:benchmarks python -m benchmarks.index_types --sizes 10000 100000 1000000 --dim 384 \
        [--data DATA_FOLDER] [--kinds flat ivf]

Vectors are the leaves of a random tree; queries are leaves with noise, as products lie around their label.
With DATA_FOLDER, also label paths of its taxonomies, searched with product titles, both from the embedded
encoder. One half of the queries is given to the build, the other is measured. Each kind is built in a
process of its own, and searched in another one. Writes benchmarks/results/index_types.json; a size that is
not run keeps its row.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import psutil
import pyarrow.parquet as pq
from main_job import commit, machine

from catalog.product import Row
from catalog.reader import read_catalog
from catalog.text import product_text
from retrieval.encoder.load import load_encoder
from retrieval.index import Floats, VectorIndex
from retrieval.index.plan import Choice, IndexPlan, kinds_to_try
from retrieval.workspace import file_hash

RESULTS = Path(__file__).parent / "results" / "index_types.json"
TAXONOMIES = ("taxonomy_shopify_2026_08_en", "taxonomy_google_2021_en", "taxonomy_gs1_gpc_en")
PRODUCTS = "mwpd_gpc_en"
KINDS: tuple[Choice, ...] = ("flat", "ivf", "hnsw")

_STEPS = (1.0, 0.8, 0.6, 0.45)  # of each level of the tree
_NOISE = 0.6  # of a product around its label
_MIB = 1 << 20


def unit(rows: npt.NDArray[np.floating]) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, dtype=np.float32)


def leaves(n: int, dim: int, seed: int = 0) -> Floats:
    """Leaves of a tree of four levels: few large departments, many small ones."""
    random = np.random.default_rng(seed)
    nodes = np.zeros((1, dim), np.float32)
    for level, step in enumerate(_STEPS, start=1):
        size = round(n ** (level / len(_STEPS)))
        shares = 1 / np.arange(1, len(nodes) + 1) ** 0.5
        parents = random.choice(len(nodes), size=size, p=shares / shares.sum())
        nodes = nodes[parents]
        nodes += step * random.standard_normal(nodes.shape, dtype=np.float32) / np.sqrt(dim)
    return unit(nodes)


def around(vectors: Floats, n: int, seed: int = 1) -> Floats:
    random = np.random.default_rng(seed)
    rows = vectors[random.integers(len(vectors), size=n)]
    return unit(rows + _NOISE * random.standard_normal(rows.shape, dtype=np.float32) / np.sqrt(rows.shape[1]))


def real(folder: Path, queries: int) -> tuple[Floats, Floats]:
    """Label paths of all taxonomies, leaf first, and product titles."""
    paths = [
        p
        for name in TAXONOMIES
        for p in pq.read_table(taxonomy_file(folder, name))["category_path"].to_pylist()
    ]
    labels = [" . ".join(reversed(path.split(" > "))) for path in dict.fromkeys(paths)]
    rows = (item.product for item in read_catalog(folder / f"{PRODUCTS}.parquet") if isinstance(item, Row))
    titles = [product_text(product) for product, _ in zip(rows, range(queries), strict=False)]
    encoder = load_encoder("embedded", device="cpu", max_tokens=64, threads=faiss.omp_get_max_threads())
    return encoder.encode(labels), encoder.encode(titles)


def taxonomy_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def alone(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Run in a fresh process, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def built(folder: Path, kind: Choice) -> dict[str, Any]:
    vectors, queries = np.load(folder / "vectors.npy"), np.load(folder / "queries.npy")
    start = time.perf_counter()
    index = VectorIndex.build(vectors, kind=kind, queries=queries[0::2])
    seconds = time.perf_counter() - start
    index.save(folder / f"{kind}.faiss")
    files = {p.suffix: p.stat().st_size / _MIB for p in folder.glob(f"{kind}.*")}
    return {
        "plan": index.plan.model_dump(exclude={"checksum"}, exclude_none=True),
        "build_seconds": round(seconds, 1),
        "index_mib": round(files[".faiss"], 1),
        "vectors_mib": round(files.get(".npy", 0.0), 1),
    }


def searched(folder: Path, kind: Choice) -> dict[str, Any]:
    """Speed in batch and alone; memory that the index takes for itself, and what it maps from files."""
    queries = np.load(folder / "queries.npy")[1::2]
    process = psutil.Process()
    before = process.memory_info()
    start = time.perf_counter()
    index = VectorIndex.load(folder / f"{kind}.faiss")
    loading = time.perf_counter() - start
    _, positions = index.search(queries, 10)
    after = process.memory_info()
    np.save(folder / f"{kind}.positions.npy", positions)
    single = queries[: max(20, len(queries) // 10)]
    return {
        "load_ms": round(1000 * loading, 1),
        "memory_own_mib": round((after.rss - after.shared - before.rss + before.shared) / _MIB, 1),
        "memory_mapped_mib": round((after.shared - before.shared) / _MIB, 1),
        "queries_per_second_batch": round(len(queries) / median_seconds(lambda: index.search(queries, 10))),
        "queries_per_second_single": round(
            len(single) / median_seconds(lambda: [index.search(q[None], 10) for q in single])
        ),
    }


def median_seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def compare(vectors: Floats, queries: Floats, kinds: Sequence[Choice]) -> dict[str, Any]:
    """All kinds over one set of vectors; flat is the truth, so it comes first."""
    runs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "queries.npy", queries)
        for kind in kinds:
            runs[kind] = {**alone(built, folder, kind), **alone(searched, folder, kind)}
            truth, found = (np.load(folder / f"{k}.positions.npy") for k in ("flat", kind))
            hits = [len(set(a) & set(b)) for a, b in zip(truth.tolist(), found.tolist(), strict=True)]
            runs[kind]["recall_at_10"] = round(sum(hits) / truth.size, 4)
            print(f"{len(vectors)} {kind}: {runs[kind]}", file=sys.stderr)
    return {
        "vectors": len(vectors),
        "queries": len(queries) // 2,
        "auto": chosen(len(vectors), runs),
        "runs": runs,
    }


def chosen(vectors: int, runs: dict[str, Any]) -> str:
    """What `auto` takes among the kinds that were run."""
    plans = [IndexPlan(**runs[k]["plan"], checksum="") for k in kinds_to_try(vectors, "auto") if k in runs]
    return min(plans, key=lambda plan: plan.preference).kind


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS, help="with flat, the truth")
    parser.add_argument("--queries", type=int, default=2_000, help="half for the build, half to measure")
    parser.add_argument("--data", type=Path, help="folder with taxonomies and catalogs")
    options = parser.parse_args(arguments)
    found = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    origin = {
        "commit": commit(),
        "machine": {**machine(), "threads": faiss.omp_get_max_threads(), "faiss": faiss.__version__},
    }
    for size in options.sizes:
        vectors = leaves(size, options.dim)
        data = f"random tree, {options.dim} dimensions, seed 0"
        found[str(size)] = {
            **origin,
            "data": data,
            **compare(vectors, around(vectors, options.queries), options.kinds),
        }
        write(found)
    if options.data:
        files = [taxonomy_file(options.data, n) for n in TAXONOMIES] + [options.data / f"{PRODUCTS}.parquet"]
        data = {file.stem: file_hash(file) for file in files}
        found["label_paths"] = {
            **origin,
            "data": data,
            **compare(*real(options.data, options.queries), options.kinds),
        }
        write(found)


def write(found: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
