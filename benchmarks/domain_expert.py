"""Recipes × data sets × seeds on the test part of each split, beside each other.

    python -m benchmarks.domain_expert run DATA_FOLDER --data bigbasket_en --recipes best vanilla --out RUNS
    python -m benchmarks.domain_expert table

DATA_FOLDER holds NAME.parquet, and NAME.split.parquet lies there or in the folder that `--splits` names. A
split whose part `new` holds the products of categories that training never saw is made by `dual-expert split
NAME.parquet --out SPLITS/NAME.new.parquet --new-categories 0.1`; measure it with `--split new --part new`.
A row that is in the results already is not run again, so a killed run goes on. `--set KEY=VALUE` changes a
recipe, and `--as NAME` names what comes of it: that is how the ablations are made. Writes
benchmarks/results/domain_expert.json; the predictions that the paired tests need stay under RUNS.
"""

import argparse
import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.domain_expert import DomainExpert
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Product, Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from evaluation.calibration import expected_calibration_error
from evaluation.label_scores import label_scores
from evaluation.levels import level_scores
from evaluation.metrics import accuracy, hierarchical_scores, recall_at
from evaluation.predictions import compare_files, write_predictions
from retrieval.workspace import Workspace, file_hash
from training.recipe import Recipe
from training.recipes import parsed_changes, recipe_named
from training.train import TrainingJob, train

FILE = RESULTS / "domain_expert.json"
CHUNK = 1024


def key(data: str, name: str, seed: int) -> str:
    return f"{data}.{name}.{seed}"


def predictions_file(out: Path, row: str) -> Path:
    return out / f"{row}.predictions.parquet"


def run(options: argparse.Namespace) -> None:
    """Train and measure what is not in the results yet."""
    for data in options.data:
        for name in options.recipes:
            for seed in options.seeds:
                shown = options.named or name
                found = read()
                if key(data, shown, seed) in found:
                    continue
                changes = parsed_changes(options.change) | {"seed": seed}
                recipe = recipe_named(name, changes)
                made = measure(options.folder, data, recipe, options.out / key(data, shown, seed), options)
                row = {"data": data, "recipe": shown, "seed": seed, "changes": options.change, **made}
                write(FILE, read() | {key(data, shown, seed): row})
                print(key(data, shown, seed), line_of(row), flush=True)


def read() -> dict[str, Any]:
    return json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}


def measure(
    folder: Path, data: str, recipe: Recipe, workspace: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """One row: train, predict the test part, score."""
    catalog = folder / f"{data}.parquet"
    split = (options.splits or folder) / f"{data}.{options.split}.parquet"
    job = TrainingJob(catalog, workspace, recipe, columns={}, split=split, threads=options.threads)
    start = time.perf_counter()
    summary = train(job, Silent())
    seconds = time.perf_counter() - start
    expert = DomainExpert.open(Workspace(workspace), threads=options.threads)
    products = part_of(catalog, split, options.part)
    start = time.perf_counter()
    recommended = [
        recommendation
        for at in range(0, len(products), CHUNK)
        for recommendation in expert(products[at : at + CHUNK])
    ]
    predicting = time.perf_counter() - start
    rankings = [[c.category_path for c in r.candidates] for r in recommended]
    confidences = np.asarray([r.confidence for r in recommended])
    truths = [frozenset(p.category_paths) for p in products]
    ids = [p.product_id for p in products]
    write_predictions(predictions_file(options.out, workspace.name), ids, truths, [r[0] for r in rankings])
    return {
        "commit": commit(),
        "part": options.part,
        "machine": machine(),
        "hashes": {"catalog": file_hash(catalog), "split": file_hash(split)},
        "encoder": summary.encoder,
        "seconds": {"train": round(seconds, 1), "products_per_second": round(len(products) / predicting)},
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "counts": dict(summary.counts),
        **scores(truths, rankings, confidences),
    }


def part_of(catalog: Path, split: Path, part: str) -> list[Product]:
    parts = read_split(split)
    rows = (item for item in read_catalog(catalog, labelled=True) if isinstance(item, Row))
    return [row.product for row in rows if parts.get(row.product.product_id) == part]


def scores(
    truths: Sequence[frozenset[str]], rankings: Sequence[Sequence[str]], confidences: np.ndarray
) -> dict[str, Any]:
    predictions = [ranking[0] for ranking in rankings]
    right = np.asarray([p in t for p, t in zip(predictions, truths, strict=True)])
    labels = label_scores(truths, predictions)
    return {
        "rows": len(truths),
        "accuracy": accuracy(truths, predictions).value,
        "weighted": labels.weighted.model_dump(),
        "macro": labels.macro_true.model_dump(),
        "levels_f1": level_scores(truths, predictions).weighted_f1,
        "hierarchical_f1": hierarchical_scores(truths, predictions).f1,
        "recall_at": {k: share.value for k, share in recall_at(truths, rankings).items()},
        "ece": expected_calibration_error(confidences, right),
    }


def line_of(row: dict[str, Any]) -> str:
    at_10 = row["recall_at"].get("10", row["recall_at"].get(10))
    return (
        f"accuracy {row['accuracy']:.4f}  weighted F1 {row['weighted']['f1']:.4f}  "
        f"macro F1 {row['macro']['f1']:.4f}  recall@10 {at_10:.4f}  {row['seconds']['train']:.0f} s"
    )


def compare(options: argparse.Namespace) -> None:
    """Paired bootstrap of `best` against the others, seed by seed, into the results."""
    found = read()
    for name, row in found.items():
        best = key(row["data"], options.against, row["seed"])
        files = [predictions_file(options.out, each) for each in (name, best)]
        same_rows = best in found and found[best].get("part") == row.get("part")
        if name == best or not same_rows or not all(file.is_file() for file in files):
            continue
        gained = compare_files(*files, resamples=options.resamples)
        row[f"gain_of_{options.against}"] = {metric: d.model_dump() for metric, d in gained.items()}
    write(FILE, found)


def table(_: argparse.Namespace) -> None:
    """The rows as Markdown: mean over seeds, and the spread where there are several."""
    print("| data | recipe | seeds | accuracy | weighted F1 | macro F1 | recall@10 | ECE | train s |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows = list(read().values())
    for data, recipe in dict.fromkeys((row["data"], row["recipe"]) for row in rows):
        same = [row for row in rows if (row["data"], row["recipe"]) == (data, recipe)]
        figures = [
            [
                row["accuracy"],
                row["weighted"]["f1"],
                row["macro"]["f1"],
                row["recall_at"]["10"],
                row["ece"],
            ]
            for row in same
        ]
        means, spread = np.mean(figures, axis=0), np.ptp(figures, axis=0) / 2
        cells = [
            f"{m:.4f}" + (f" ± {s:.4f}" if len(same) > 1 else "") for m, s in zip(means, spread, strict=True)
        ]
        seconds = np.mean([row["seconds"]["train"] for row in same])
        print(f"| {data} | {recipe} | {len(same)} | {' | '.join(cells)} | {seconds:.0f} |")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.set_defaults(act=run)
    running.add_argument("folder", type=Path)
    running.add_argument("--data", nargs="+", required=True)
    running.add_argument("--recipes", nargs="+", required=True)
    running.add_argument("--seeds", nargs="+", type=int, default=[0])
    running.add_argument("--split", default="split", help="which split file: NAME.SPLIT.parquet")
    running.add_argument(
        "--splits", type=Path, metavar="FOLDER", help="where they lie, if not beside the data"
    )
    running.add_argument("--part", default="test", help="part of the split to measure on")
    running.add_argument("--set", dest="change", action="append", default=[], metavar="KEY=VALUE")
    running.add_argument("--as", dest="named", metavar="NAME", help="name of the changed recipe")
    running.add_argument("--threads", type=int)
    comparing = commands.add_parser("compare")
    comparing.set_defaults(act=compare)
    comparing.add_argument("--against", default="best", metavar="RECIPE")
    comparing.add_argument("--resamples", type=int, default=2000)
    for each in (running, comparing):
        each.add_argument("--out", type=Path, default=Path("runs"))
    commands.add_parser("table").set_defaults(act=table)
    options = parser.parse_args(arguments)
    options.act(options)


if __name__ == "__main__":
    main()
