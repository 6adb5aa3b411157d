"""The main job on real catalogs: train, define, tune, evaluate, beside TF-IDF + LinearSVC on the same split.

    python -m benchmarks.main_job DATA_FOLDER --data bigbasket_en flipkart_en --out RUNS_FOLDER

DATA_FOLDER holds NAME.parquet and NAME.split.parquet. Every step is a call of the command line, as a user
would make it. Writes benchmarks/results/main_job.json with commit, data hashes, split and machine.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.linear_baseline import linear_baseline
from benchmarks.provenance import RESULTS, commit, machine, write
from retrieval.workspace import file_hash

FILE = RESULTS / "main_job.json"


def command(*arguments: str) -> tuple[dict[str, Any], float]:
    """Run `dual-expert … --json`; returns its answer and the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"`dual-expert {' '.join(arguments)}` ended with {done.returncode}: {done.stdout}")
    return json.loads(done.stdout), time.perf_counter() - start


def run(data: Path, name: str, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All steps on one catalog."""
    catalog, split, workspace = data / f"{name}.parquet", data / f"{name}.split.parquet", out / name
    into = ["--workspace", str(workspace)]
    # Where the default promise lets everything out, a higher one leaves the general expert something to do.
    target = ["--target-accuracy", str(options.target_accuracy)] if options.target_accuracy else []
    steps = {
        "train": ["train", str(catalog), "--split", str(split), *into],
        "gate": ["gate", *into, *target],
        "define": ["define", *into, "--llm", options.define_llm],
        "tune": ["tune", *into, "--cases", str(options.cases), "--llm", options.llm],
        "evaluate": [
            *["evaluate", str(catalog), "--split", str(split), "--part", "test", *into],
            *["--out", str(out / f"{name}-report"), "--llm", options.llm],
        ],
    }
    found: dict[str, Any] = {
        "data": {"catalog": file_hash(catalog), "split": file_hash(split), "part": "test"},
        "baseline": linear_baseline(catalog, split),
    }
    for step, arguments in steps.items():
        answer, seconds = command(*arguments)
        found[step] = {
            "command": shown(arguments, data, out),
            "seconds": round(seconds, 1),
            **KEPT[step](answer),
        }
        print(f"{name} {step}: {seconds:.0f} s", file=sys.stderr)
    return found


def shown(arguments: Sequence[str], data: Path, out: Path) -> str:
    """The command as one would type it beside the data."""
    line = " ".join(["dual-expert", *arguments])
    return line.replace(f"{data}/", "DATA/").replace(f"{out}/", "RUNS/")


def kept_of_evaluation(answer: dict[str, Any]) -> dict[str, Any]:
    evaluation = answer["evaluation"]
    experts = ("domain_expert", "dual_expert")
    figures = {expert: kept_of_expert(evaluation[expert]) for expert in experts}
    kept = {name: evaluation[name] for name in ("n", "differences", "uncertain", "statuses", "meta")}
    return {"error_rows": answer["errors"], **figures, **kept}


def kept_of_expert(figures: dict[str, Any]) -> dict[str, Any]:
    names = (
        "accuracy",
        "accuracy_any",
        "labels",
        "hierarchical",
        "recall_at",
        "ece",
        "log_loss",
        "coverage_at",
    )
    return {name: figures[name] for name in names}


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {name: value for name, value in answer.items() if name not in names}


KEPT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "train": without("workspace", "errors_file"),
    "gate": without("file"),
    "define": without("definitions", "file"),
    "tune": without("file"),
    "evaluate": kept_of_evaluation,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", nargs="+", default=["bigbasket_en", "flipkart_en"])
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--llm", default="embedded")
    parser.add_argument("--target-accuracy", type=float, help="of the gate, after training")
    parser.add_argument("--define-llm", default="none", help="`none` writes extractive definitions")
    parser.add_argument("--cases", type=int, default=250)
    options = parser.parse_args(arguments)
    found = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    of_code = commit()
    for name in options.data:
        result = run(options.folder, name, options.out, options)
        found[name] = {"commit": of_code, "machine": machine(), **result}
        write(FILE, found)


if __name__ == "__main__":
    main()
