"""Planted label noise in a real catalog: does the label audit find it, and does mending it help?

    python -m benchmarks.label_audit CATALOG --split SPLIT [--rates .05 .1 .2] [--seeds 0 1 2]
        [--retrain cheap|full]

Labels of training and validation rows are flipped to a sibling category (same parent), at random. The
audit's ranking and every ranking of cleanlab on the same out-of-fold probabilities are scored by average
precision against what was planted. Real catalogs are wrong in places of their own: those finds count as
mistakes for every ranking alike, so no figure here reaches 1.

Then suspicions are applied and a domain expert is trained on the labels before and after and compared on the
test part, whose labels are as they came: a cheap one (n-gram SVM and neighbours, with weights from the noisy
labels) or, with `--retrain full`, the real one. Applied are all suspicions above a probability, nobody
looking, or those above one half that a reviewer accepts who knows what was planted and leaves the rest.

A run that is in benchmarks/results/label_audit.json already is not made again.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from agents.domain_expert import DomainExpert
from audit.linear import held_margins
from audit.neighbours import find_neighbours
from audit.observations import observe
from audit.out_of_fold import CANDIDATES
from audit.run import Judgement, judge
from audit.vectors import TextVectors
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Product, Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from catalog.text import product_text
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace, file_hash
from training.recipe import Recipe
from training.train import TrainingJob, train

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FILE = RESULTS / "label_audit.json"
_PARTS = ("train", "validation")
Expert = Callable[[Sequence[Row]], list[str]]

_SMALLEST = 1e-6
# Makes a softmax of SVM margins about as peaked as it is right; cleanlab's scores hardly depend on it.
_SHARPNESS = 3.0
_CHUNK = 1024


@dataclass(frozen=True)
class World:
    """A catalog whose labels were partly flipped.

    Attributes:
        rows: training and validation rows, with the noisy labels.
        planted: whether each row's label was flipped.
    """

    rows: list[Row]
    planted: Bools


@dataclass(frozen=True)
class Source:
    """A catalog as it came.

    Attributes:
        rows: training and validation rows with their first label.
        truths: of each test product, all labels of products with its text.
    """

    rows: list[Row]
    test: list[Product]
    truths: list[frozenset[str]]
    taxonomy: Taxonomy


def plant(source: Source, rate: float, seed: int) -> World:
    """Flip `rate` of all labels to a sibling, among the rows whose category has one."""
    draw = np.random.default_rng(seed)
    rows, taxonomy = source.rows, source.taxonomy
    siblings = {c.category_path: taxonomy.siblings(i) for i, c in enumerate(taxonomy.categories)}
    able = [i for i, row in enumerate(rows) if siblings[row.product.category_paths[0]]]
    chosen = draw.choice(able, min(round(rate * len(rows)), len(able)), replace=False)
    noisy, planted = list(rows), np.zeros(len(rows), dtype=np.bool_)
    for i in chosen.tolist():
        other = taxonomy[int(draw.choice(siblings[rows[i].product.category_paths[0]]))].category_path
        noisy[i] = relabelled(rows[i], other)
        planted[i] = True
    return World(noisy, planted)


def relabelled(row: Row, path: str) -> Row:
    return Row(row.number, row.product.model_copy(update={"category_paths": (path,)}))


def average_precision(scores: Floats, wrong: Bools) -> float:
    """Of a ranking by falling score; ties by row."""
    hits = wrong[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def dense(found: Judgement, probabilities: Floats) -> Floats:
    """Candidates' probabilities as rows over all categories, as cleanlab wants them."""
    positions = found.evidence.positions
    spread = np.full((len(positions), len(found.observations.taxonomy)), _SMALLEST)
    rows, columns = np.nonzero(positions >= 0)
    spread[rows, positions[rows, columns]] += probabilities[rows, columns]
    spread /= spread.sum(axis=1, keepdims=True)
    return spread


def linear_probabilities(found: Judgement) -> Floats:
    """Softmax over the SVM's margins alone."""
    scores = np.where(found.evidence.valid, _SHARPNESS * found.evidence.features[..., 0], -np.inf)
    exponentials: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result


def cleanlab_scores(labels: Ints, probabilities: Floats) -> dict[str, Floats]:
    """All of cleanlab's rankings, higher is more suspicious."""
    asked: dict[str, dict[str, Any]] = {
        "self_confidence": {"method": "self_confidence"},
        "normalized_margin": {"method": "normalized_margin"},
        "confidence_weighted_entropy": {"method": "confidence_weighted_entropy"},
        "self_confidence, adjusted": {"method": "self_confidence", "adjust_pred_probs": True},
        "normalized_margin, adjusted": {"method": "normalized_margin", "adjust_pred_probs": True},
    }
    return {name: -get_label_quality_scores(labels, probabilities, **how) for name, how in asked.items()}


def rankings(found: Judgement, wrong: Bools) -> dict[str, Any]:
    """Average precision of every ranking, and what the two cut-offs name; unjudged labels in none."""
    judged = found.evidence.judged
    wrong = wrong[judged]
    # cleanlab wants classes 0 to k - 1 that all occur.
    occurring, labels = np.unique(found.observations.labels[judged], return_inverse=True)
    scored = {"ours": average_precision(found.wrong[judged], wrong)}
    for name, probabilities in (
        ("fused", found.posterior.clean),
        ("linear", linear_probabilities(found)),
    ):
        own = dense(found, probabilities)[judged][:, occurring]
        own /= own.sum(axis=1, keepdims=True)
        for method, scores in cleanlab_scores(labels, own).items():
            scored[f"cleanlab {method} ({name})"] = average_precision(scores, wrong)
        if name == "fused":
            issues = find_label_issues(labels, own, n_jobs=1)
    return {
        "average_precision": scored,
        "named": {
            "ours above one half": named(found.wrong[judged] > 0.5, wrong),
            "ours, confident learning": named(found.confident.issues[judged], wrong),
            "cleanlab find_label_issues (fused)": named(np.asarray(issues), wrong),
        },
    }


def named(chosen: Bools, wrong: Bools) -> dict[str, Any]:
    """Planted errors among the labels that a cut-off names."""
    hits = int((chosen & wrong).sum())
    return {
        "labels": int(chosen.sum()),
        "precision": hits / max(1, int(chosen.sum())),
        "recall": hits / int(wrong.sum()),
    }


def mended(world: World, found: Judgement, chosen: Bools) -> list[Row]:
    """Rows with the audit's proposals where they are chosen."""
    rows, taxonomy = list(world.rows), found.observations.taxonomy
    for i in np.flatnonzero(chosen).tolist():
        rows[i] = relabelled(rows[i], taxonomy[int(found.proposed[i])].category_path)
    return rows


def scored(source: Source, predicted: Sequence[str]) -> dict[str, float]:
    """Share of test products that are right by their first label, and by any label of the same text."""
    first = [p == t.category_paths[0] for p, t in zip(predicted, source.test, strict=True)]
    either = [p in truths for p, truths in zip(predicted, source.truths, strict=True)]
    return {"accuracy": float(np.mean(first)), "accuracy_any": float(np.mean(either))}


def cheap_expert(source: Source, weights: Sequence[float]) -> Expert:
    """An n-gram SVM and neighbours."""
    texts = [product_text(row.product) for row in source.rows] + [product_text(p) for p in source.test]
    matrix, count = TextVectors(texts).matrix, len(source.rows)
    train = np.arange(len(texts)) < count
    # The look-alikes of a training row are other training rows: five folds of them, and one of the test.
    folds = np.where(train, np.arange(len(texts)) % 5, 5)
    neighbours = find_neighbours(matrix, folds, threads=1, advance=lambda steps: None)

    def predict(rows: Sequence[Row]) -> list[str]:
        given = [source.taxonomy.require(row.product.category_paths[0]) for row in rows]
        labels = np.concatenate([np.asarray(given), np.zeros(len(source.test), dtype=np.int64)])
        positions = np.full((len(texts), CANDIDATES), -1, dtype=np.int64)
        positions[~train] = neighbours.best(labels, np.flatnonzero(~train), CANDIDATES, among=train)
        linear = held_margins(matrix, labels, train, ~train, neighbours, positions)
        votes = neighbours.at(labels, positions)[~train]
        scores = np.where(np.isnan(linear), -np.inf, weights[0] * linear + weights[1] * votes)
        best = positions[~train][np.arange(len(source.test)), scores.argmax(axis=1)]
        return [source.taxonomy[int(position)].category_path for position in best]

    return predict


def full_expert(source: Source, split: Path) -> Expert:
    """The real domain expert, trained by the default recipe."""

    def predict(rows: Sequence[Row]) -> list[str]:
        with TemporaryDirectory() as folder:
            catalog, workspace = Path(folder) / "catalog.jsonl", Path(folder) / "workspace"
            products = [row.product for row in rows] + source.test
            catalog.write_text("".join(line(product) for product in products), "utf-8")
            train(TrainingJob(catalog, workspace, Recipe(), columns={}, split=split), Silent())
            expert = DomainExpert.open(Workspace(workspace))
            parts = [source.test[at : at + _CHUNK] for at in range(0, len(source.test), _CHUNK)]
            return [answer.candidates[0].category_path for part in parts for answer in expert(part)]

    return predict


def line(product: Product) -> str:
    record = product.model_dump(exclude={"category_paths"})
    return json.dumps({**record, "category_path": list(product.category_paths)}, ensure_ascii=False) + "\n"


def run(source: Source, world: World, split: Path, retrain: str) -> dict[str, Any]:
    """One noise level and seed: rank, mend, retrain."""
    start, cpu = time.perf_counter(), time.process_time()
    found = judge(observe(world.rows, source.taxonomy), Silent(), threads=1)
    seconds = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    weights = found.posterior.weights
    expert = full_expert(source, split) if retrain == "full" else cheap_expert(source, weights)
    applied = {
        "unattended above 0.5": found.wrong > 0.5,
        "unattended above 0.9": found.wrong > 0.9,
        "reviewed above 0.5": (found.wrong > 0.5) & world.planted,
    }
    labels = {
        "noisy": world.rows,
        **{name: mended(world, found, chosen) for name, chosen in applied.items()},
        "before planting": source.rows,
    }
    return {
        "labels": len(world.rows),
        "unjudged": int((~found.evidence.judged).sum()),
        "planted": int(world.planted.sum()),
        "estimated_rate": found.posterior.noise.rate,
        "estimated_labels": float(found.wrong.sum()),
        "weights": weights,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        **rankings(found, world.planted),
        "applied": {name: named(chosen, world.planted) for name, chosen in applied.items()},
        "test": {name: scored(source, expert(rows)) for name, rows in labels.items()},
    }


def load(catalog: Path, split: Path) -> Source:
    """Training and validation rows with their first label, test products, and the taxonomy of all."""
    parts = read_split(split)
    rows = [item for item in read_catalog(catalog, labelled=True) if isinstance(item, Row)]
    inside = [row for row in rows if parts.get(row.product.product_id) in _PARTS]
    test = [row.product for row in rows if parts.get(row.product.product_id) == "test"]
    kept = [relabelled(row, row.product.category_paths[0]) for row in inside]
    by_text: dict[str, set[str]] = {}
    for row in rows:
        by_text.setdefault(product_text(row.product), set()).update(row.product.category_paths)
    # Flips go to categories that the parts know: no model can find one that it has never seen.
    taxonomy = Taxonomy.from_paths(
        path for product in (*(row.product for row in kept), *test) for path in product.category_paths
    )
    return Source(kept, test, [frozenset(by_text[product_text(p)]) for p in test], taxonomy)


def read() -> dict[str, Any]:
    return json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of all runs of one catalog and rate: means over seeds, and differences seed by seed."""
    precisions = [run["average_precision"] for run in runs]
    others = [name for name in precisions[0] if name != "ours"]
    changed = [name for name in runs[0]["test"] if name != "noisy"]
    return {
        "seeds": len(runs),
        "average_precision": means(precisions),
        "ours_minus": {name: [round(one["ours"] - one[name], 4) for one in precisions] for name in others},
        "estimated_rate": [round(run["estimated_rate"], 4) for run in runs],
        **{
            metric: {
                "mean": means([{name: one[metric] for name, one in run["test"].items()} for run in runs]),
                "minus_noisy": {
                    name: [round(run["test"][name][metric] - run["test"]["noisy"][metric], 4) for run in runs]
                    for name in changed
                },
            }
            for metric in ("accuracy", "accuracy_any")
        },
    }


def means(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([one[name] for one in runs])), 4) for name in runs[0]}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.05, 0.1, 0.2])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--retrain", choices=["cheap", "full"], default="cheap")
    options = parser.parse_args(arguments)
    source = load(options.catalog, options.split)
    name = options.catalog.stem
    for seed in options.seeds:
        for rate in options.rates:
            key = f"{name}.{options.retrain}.{rate}.{seed}"
            if key in read().get("runs", {}):
                continue
            made = run(source, plant(source, rate, seed), options.split, options.retrain)
            row = {
                "data": name,
                "retrain": options.retrain,
                "rate": rate,
                "seed": seed,
                "commit": commit(),
                "machine": machine(),
                "cleanlab": version("cleanlab"),
                "hashes": {"catalog": file_hash(options.catalog), "split": file_hash(options.split)},
                **made,
            }
            keep(key, row)
            print(key, json.dumps(row["average_precision"]), row["test"], file=sys.stderr, flush=True)


def keep(key: str, row: Mapping[str, Any]) -> None:
    """Add one run to the results and work out the summaries anew."""
    runs = read().get("runs", {}) | {key: row}
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in runs.values():
        groups.setdefault(f"{one['data']}.{one['retrain']}.{one['rate']}", []).append(one)
    write(FILE, {"summary": {group: summary(members) for group, members in groups.items()}, "runs": runs})


if __name__ == "__main__":
    main()
