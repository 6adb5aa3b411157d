"""Does the gate keep its promise: in drawn worlds, on real confidences, and at what cost of routing.

    python -m benchmarks.gate_promise simulate
    python -m benchmarks.gate_promise collect WORKSPACE CATALOG --split FILE --out NAME.parquet
    python -m benchmarks.gate_promise real NAME.parquet …
    python -m benchmarks.gate_promise routing

`collect` scores the validation and test rows of a catalog with a workspace's domain expert; the file holds
figures and names of groups, no product. Each writes benchmarks/results/gate_promise_*.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from langgraph.runtime import Runtime

from agents.case import Candidate, Recommendation
from agents.domain_expert import DomainExpert
from app.labelled import Part, read_labelled
from benchmarks.gate_worlds import MODELS, World
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.chunks import chunked
from catalog.product import Product
from catalog.progress import Silent
from catalog.text import product_text
from evaluation.calibration import expected_calibration_error
from evaluation.coverage import coverage_at, coverage_curve
from graph.context import Context, Experts
from graph.gate import Router
from graph.state import ChunkState
from retrieval.confidence import Signals
from retrieval.gate import Gate, Opening
from retrieval.workspace import Workspace, file_hash
from training.calibration import FOLDS, fit_calibration
from training.gate.acceptance import Acceptance
from training.gate.bounds import upper_bound
from training.gate.certified import lowest_certified
from training.gate.clopper_pearson import lowest_bounded

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Choose = Callable[..., float | None]

PARTS = ("validation", "test")
CONFIDENCE = 0.95
SIZES = (500, 1_000, 2_000, 5_000, 10_000)
CHUNK = 1024


def in_sample(confidences: npt.ArrayLike, right: Bools, *, target: float, confidence: float) -> float | None:
    """The lowest threshold whose accuracy on the same rows meets the target."""
    del confidence
    seen = Acceptance.observed(confidences, right)
    keeping = np.flatnonzero(seen.right >= target * seen.accepted)
    return float(seen.thresholds[keeping[-1]]) if len(keeping) else None


RULES: Mapping[str, Choose] = {
    "certified": lowest_certified,
    "clopper-pearson": lowest_bounded,
    "in-sample": in_sample,
}


def simulate(worlds: int, target: float) -> dict[str, Any]:
    """Share of worlds whose chosen threshold is truly less accurate than promised, by score model and n."""
    table: dict[str, Any] = {}
    for number, (model, draw) in enumerate(MODELS.items()):
        rng = np.random.default_rng([number, worlds])
        drawn = [draw(rng, target) for _ in range(worlds)]
        table[model] = {str(n): _simulated(drawn, n, target, rng) for n in SIZES}
        print(model, json.dumps(table[model]["2000"]), file=sys.stderr)
    return {"target": target, "confidence": CONFIDENCE, "worlds": worlds, "models": table, **_worst(table)}


def _simulated(worlds: Sequence[World], n: int, target: float, rng: np.random.Generator) -> dict[str, Any]:
    outcomes: dict[str, list[tuple[bool, float]]] = {rule: [] for rule in RULES}
    for world in worlds:
        scores, right = world.sample(n, rng)
        for rule, choose in RULES.items():
            threshold = choose(scores, right, target=target, confidence=CONFIDENCE)
            share, truth = (0.0, 1.0) if threshold is None else world.accepted(threshold)
            outcomes[rule].append((truth < target, share))
    return {rule: _outcome(found) for rule, found in outcomes.items()}


def _outcome(found: Sequence[tuple[bool, float]]) -> dict[str, float]:
    broken = sum(was_broken for was_broken, _ in found)
    return {
        "broken": broken / len(found),
        "broken_at_most": round(float(upper_bound(broken, len(found), CONFIDENCE)), 4),
        "coverage": round(float(np.mean([share for _, share in found])), 4),
    }


def _worst(table: Mapping[str, Any]) -> dict[str, Any]:
    cells = [cell for sizes in table.values() for cell in sizes.values()]
    return {
        name: {rule: round(float(of([cell[rule]["broken"] for cell in cells])), 4) for rule in RULES}
        for name, of in (("broken_worst", np.max), ("broken_mean", np.mean))
    }


def collect(workspace: Path, catalog: Path, split: Path, out: Path) -> None:
    """Write what calibration and the gate need of every validation and test row."""
    expert = DomainExpert.open(Workspace(workspace), device="cpu", threads=1)
    columns: dict[str, list[Any]] = {}
    for part in PARTS:
        labelled = read_labelled(
            catalog, columns={}, part=Part.read(split, part), taxonomy=expert.taxonomy, progress=Silent()
        )
        for chunk in chunked(labelled.products, CHUNK):
            for name, values in _collected(expert, chunk).items():
                columns.setdefault(name, []).extend(values)
            columns.setdefault("part", []).extend([part] * len(chunk))
    data = {
        "catalog": file_hash(catalog),
        "split": file_hash(split),
        "workspace": Workspace(workspace).fingerprint,
    }
    table = pa.table(columns).replace_schema_metadata({"data": json.dumps(data)})
    pq.write_table(table, out, compression="zstd")


def _collected(expert: DomainExpert, products: Sequence[Product]) -> dict[str, list[Any]]:
    texts = [product_text(p) for p in products]
    recalled = expert.recall(products, texts, expert.encoder.encode(texts), 10)
    ranked = expert.scorer.rank(recalled, 10)
    first = [expert.taxonomy[i] for i in ranked.positions[:, 0].tolist()]
    return {
        "locale": [p.locale for p in products],
        "department": [c.department for c in first],
        "right": [c.category_path in p.category_paths for c, p in zip(first, products, strict=True)],
        "probabilities": ranked.probabilities.tolist(),
        "agreement": ranked.signals.agreement.tolist(),
        "similarity": ranked.signals.similarity.tolist(),
        "department_probability": ranked.signals.department.tolist(),
    }


def real(file: Path, divisions: int, targets: Sequence[float]) -> dict[str, Any]:
    """Random calibration/test halves: calibrators and thresholds from one, figures on the other."""
    table = pq.read_table(file)
    columns = table.to_pydict()
    signals = Signals(
        *(
            np.asarray(columns[n], np.float32)
            for n in ("probabilities", "agreement", "similarity", "department_probability")
        )
    )
    features, right = signals.features(), np.asarray(columns["right"])
    runs = [_division(features, right, targets, seed) for seed in range(divisions)]
    kinds = [run["kind"] for run in runs]
    errors = np.asarray([run["ece"] for run in runs])
    return {
        "data": json.loads((table.schema.metadata or {})[b"data"]),
        "rows": len(right),
        "accuracy": round(float(right.mean()), 4),
        "divisions": divisions,
        "calibrators": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "log_loss": _means([run["losses"] for run in runs]),
        "ece": {
            "mean": round(float(errors.mean()), 4),
            "share_at_most_.02": round(float((errors <= 0.02).mean()), 3),
            "uncalibrated": round(float(np.mean([run["ece_before"] for run in runs])), 4),
            "if_calibration_were_perfect": round(float(np.mean([run["ece_floor"] for run in runs])), 4),
        },
        "coverage_at": _means([run["coverage_at"] for run in runs]),
        "gates": {str(t): {rule: _gates(runs, t, rule) for rule in RULES} for t in targets},
    }


def _division(features: Floats, right: Bools, targets: Sequence[float], seed: int) -> dict[str, Any]:
    """One division; thresholds rest on cross-fitted confidences, as in training."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(right))
    half = len(right) // 2
    fitting, test = order[:half], order[half:]
    fitted = fit_calibration(features[fitting], right[fitting], seed=seed)
    held_out = _cross_fitted(features[fitting], right[fitting], seed)
    tested = fitted.calibrator(features[test])
    everything = fitted.calibrator(features)
    made_up = rng.random(len(test)) < tested
    curve = coverage_curve(tested, right[test])
    return {
        "kind": fitted.calibrator.kind,
        "losses": dict(fitted.losses),
        "ece": expected_calibration_error(tested, right[test]),
        "ece_before": expected_calibration_error(1 / (1 + np.exp(-features[test, 0])), right[test]),
        "ece_floor": expected_calibration_error(tested, made_up),
        "coverage_at": {str(a): coverage_at(curve, a) for a in (0.9, 0.95)},
        "gates": {
            (target, rule): _gate(choose, held_out, right, fitting, test, everything, target)
            for target in targets
            for rule, choose in RULES.items()
        },
    }


def _cross_fitted(features: Floats, right: Bools, seed: int) -> Floats:
    folds = np.random.default_rng(seed).permutation(len(right)) % FOLDS
    confidences = np.zeros(len(right), np.float32)
    for fold in range(FOLDS):
        outside = folds == fold
        fitted = fit_calibration(features[~outside], right[~outside], seed=seed)
        confidences[outside] = fitted.calibrator(features[outside])
    return confidences


def _gate(
    choose: Choose,
    held_out: Floats,
    right: Bools,
    fitting: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    everything: Floats,
    target: float,
) -> tuple[float, float | None, float | None]:
    """Coverage and accuracy on the test half, and accuracy on all rows."""
    threshold = choose(held_out, right[fitting], target=target, confidence=CONFIDENCE)
    if threshold is None:
        return 0.0, None, None
    accepted = everything >= threshold
    own = accepted[test]
    if not own.any():
        return 0.0, None, None
    return float(own.mean()), float(right[test][own].mean()), float(right[accepted].mean())


def _gates(runs: Sequence[Mapping[str, Any]], target: float, rule: str) -> dict[str, float]:
    found = [run["gates"][target, rule] for run in runs]
    tested = np.asarray([accuracy for _, accuracy, _ in found if accuracy is not None])
    return {
        "open": round(len(tested) / len(found), 3),
        "coverage": round(float(np.mean([coverage for coverage, _, _ in found])), 4),
        "accuracy": round(float(tested.mean()), 4) if len(tested) else 1.0,
        "below_target_on_test_half": sum(accuracy < target for accuracy in tested) / len(found),
        "below_target_on_all_rows": sum(whole is not None and whole < target for _, _, whole in found)
        / len(found),
    }


def _means(records: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = sorted({name for record in records for name in record})
    return {name: round(float(np.mean([r[name] for r in records if name in r])), 4) for name in names}


def routing(products: int, repeats: int) -> dict[str, Any]:
    """Microseconds a product that the gate's decision takes, best of many; half of the products are sure."""
    chunk = [Product(product_id=str(i), title="t", locale=f"l{i % 8}") for i in range(products)]
    answers = [_answer(i) for i in range(products)]
    names = {"locale": [f"l{i}" for i in range(8)], "department": [f"d{i}" for i in range(30)]}
    gates = {"one threshold": _flat_gate()} | {
        f"per {per}": _flat_gate().model_copy(
            update={"per": per, "groups": dict.fromkeys(groups, _opening())}
        )
        for per, groups in names.items()
    }
    return {name: _timed(Router(_experts(gate)), chunk, answers, repeats) for name, gate in gates.items()}


def _answer(i: int) -> Recommendation:
    path = f"d{i % 30} > leaf {i}"
    first = Candidate(category_id=f"c{i}", category_path=path, score=0.9, source="head")
    return Recommendation(candidates=(first,), confidence=(i % 100) / 100)


def _opening() -> Opening:
    return Opening(threshold=0.5, rows=100, coverage=0.5, accuracy=1.0, lower_bound=0.97)


def _flat_gate() -> Gate:
    return Gate(**_opening().model_dump(), target_accuracy=0.95, confidence=0.95)


def _experts(gate: Gate) -> Experts:
    # The router asks the gate alone; no expert is called.
    return Experts(domain_expert=None, gate=gate, general_expert=object())  # type: ignore[arg-type]


def _timed(
    router: Router, chunk: list[Product], answers: list[Recommendation], repeats: int
) -> dict[str, float]:
    """The decision alone, and with a message for each unsure product to the general expert."""
    state: ChunkState = {"products": chunk, "recommendations": answers}
    runtime = Runtime(context=Context())
    works = {
        "decide_us": lambda: router.sure(chunk, answers, runtime.context),
        "decide_and_send_us": lambda: router.route_confidence(state, runtime),
    }
    return {name: round(_quickest(work, repeats) / len(chunk), 4) for name, work in works.items()}


def _quickest(work: Callable[[], object], repeats: int) -> float:
    """Microseconds of this process's own time: other work on the machine does not count."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return 1e6 * min(seconds)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    simulated = commands.add_parser("simulate")
    simulated.add_argument("--worlds", type=int, default=500)
    simulated.add_argument("--target", type=float, default=0.95)
    collected = commands.add_parser("collect")
    collected.add_argument("workspace", type=Path)
    collected.add_argument("catalog", type=Path)
    collected.add_argument("--split", type=Path, required=True)
    collected.add_argument("--out", type=Path, required=True)
    divided = commands.add_parser("real")
    divided.add_argument("files", type=Path, nargs="+")
    divided.add_argument("--divisions", type=int, default=200)
    divided.add_argument("--targets", type=float, nargs="+", default=[0.9, 0.95, 0.975])
    commands.add_parser("routing")
    options = parser.parse_args(arguments)
    if options.command == "collect":
        collect(options.workspace, options.catalog, options.split, options.out)
        return
    write(RESULTS / f"gate_promise_{options.command}.json", _found(options))


def _found(options: argparse.Namespace) -> dict[str, Any]:
    made = {"commit": commit(), "machine": machine()}
    if options.command == "simulate":
        return {**made, **simulate(options.worlds, options.target)}
    if options.command == "routing":
        return {**made, **routing(products=10_000, repeats=30)}
    return made | {file.stem: real(file, options.divisions, options.targets) for file in options.files}


if __name__ == "__main__":
    main()
