"""Do the audit's bounds hold, does drift alarm when it should, and do raised thresholds keep the promise.

    python -m benchmarks.gate_audit

All in drawn worlds, where the truth is known; writes benchmarks/results/gate_audit.json.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from audit.gate.drift import Sample, drift_between
from audit.gate.estimate import estimate_accuracy
from audit.gate.evidence import Evidence, Judged, asked, judged
from audit.gate.moving import raised
from audit.gate.sampling import spread
from benchmarks.provenance import RESULTS, commit, machine, write

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CONFIDENCE = 0.95
TARGET = 0.95
ACCURACIES = (0.85, 0.9, 0.95, 0.98)
# Chances that the auditor agrees with a right and with a wrong answer.
AUDITORS = {"sharp": (0.98, 0.3), "usual": (0.95, 0.5), "dull": (0.97, 0.8), "blind": (0.97, 0.97)}
# Products asked about, right and wrong validation rows.
SIZES = ((300, 230, 70), (300, 270, 30), (1000, 850, 150))
CATEGORIES = 200
DRIFT_SIZES = ((500, 500), (2000, 5000), (10000, 10000))


def judged_rows(rng: np.random.Generator, right: Bools, agree: tuple[float, float]) -> Judged:
    """Rows with a known truth and the auditor's vote, all of one confidence."""
    chances = np.where(right, *agree)
    agrees = rng.random(len(right)) < chances
    return judged(np.full(len(right), 0.9), agrees, [""] * len(right), right)


def votes_world(
    rng: np.random.Generator,
    accuracy: float,
    agree: tuple[float, float],
    sizes: tuple[int, int, int],
    labels: int,
) -> Evidence:
    """Accepted products of this accuracy, an auditor who errs so, and validation rows that tell how."""
    rows, right, wrong = sizes
    unlabelled = judged_rows(rng, rng.random(rows) < accuracy, agree)
    return Evidence(
        asked=asked(unlabelled.confidences, unlabelled.agrees, [""] * rows),
        labelled=judged_rows(rng, rng.random(labels) < accuracy, agree),
        calibration=judged_rows(rng, np.arange(right + wrong) < right, agree),
    )


def bounds(repeats: int, labels: int) -> list[dict[str, Any]]:
    """How often each bound holds where there is an estimate, and how wide they are."""
    found = []
    for number, (accuracy, (name, agree), sizes) in enumerate(product(ACCURACIES, AUDITORS.items(), SIZES)):
        rng = np.random.default_rng([number, labels])
        worlds = (votes_world(rng, accuracy, agree, sizes, labels) for _ in range(repeats))
        estimates = [estimate_accuracy(world, CONFIDENCE) for world in worlds]
        told = [(e.low, e.high, e.accuracy) for e in estimates if e.low is not None]
        low, high, value = np.asarray(told, dtype=float).reshape(-1, 3).T
        row: dict[str, Any] = {"accuracy": accuracy, "auditor": name, "agree": agree, "sizes": sizes}
        row |= {"labels": labels, "estimates": len(told) / repeats}
        if len(told) >= repeats / 10:
            row |= {
                "low_holds": float((low <= accuracy).mean()),
                "high_holds": float((high >= accuracy).mean()),
            }
            row |= {"width": float(np.median(high - low)), "error": float(np.abs(value - accuracy).mean())}
        found.append(row)
    return found


def drawn_products(rng: np.random.Generator, n: int, less_sure: float, taken_over: float) -> Sample:
    """Products whose log odds are lower by `less_sure`, and a share of which went to one rare category."""
    weights = 1 / np.arange(1, CATEGORIES + 1)
    chosen = rng.choice(CATEGORIES, size=n, p=weights / weights.sum())
    chosen[rng.random(n) < taken_over] = CATEGORIES // 2
    confidences = expit(rng.normal(2.0 - less_sure, 1.5, size=n))
    return Sample(confidences, [f"D{c % 12} > C{c}" for c in chosen.tolist()])


def drifts(repeats: int) -> list[dict[str, Any]]:
    """How often there is an alarm, without any drift and with planted ones."""
    planted = {"none": (0.0, 0.0), "less sure": (0.6, 0.0), "new mix": (0.0, 0.15), "slight": (0.1, 0.02)}
    found = []
    for number, ((name, shift), sizes) in enumerate(product(planted.items(), DRIFT_SIZES)):
        rng = np.random.default_rng([number, 7])
        pairs = (
            drift_between(drawn_products(rng, sizes[0], 0, 0), drawn_products(rng, sizes[1], *shift), seed)
            for seed in range(repeats)
        )
        alarms = sum(drift.alarm for drift in pairs)
        found.append({"drift": name, "sizes": sizes, "alarms": alarms / repeats})
    return found


# How the true chance to be right follows from the confidence after a change.
CHANGES: Mapping[str, Callable[[Doubles, float], Doubles]] = {
    "log odds lower by a constant": lambda c, size: expit(logit(c) - size),
    "overconfident (log odds shrunk)": lambda c, size: expit(logit(c) / (1 + size / 2)),
    "errors at any confidence": lambda c, size: c * (1 - 0.05 * size),
}


def moves(repeats: int) -> list[dict[str, Any]]:
    """Of gates whose promise an audit found broken: how many were raised, shut, and truly keep it then."""
    found = []
    for number, ((name, change), size, rows) in enumerate(product(CHANGES.items(), (1.0, 2.0), (300, 1000))):
        rng = np.random.default_rng([number, 11])
        worlds = [_moved(rng, change, size, rows) for _ in range(repeats)]
        broken = [world for world in worlds if world is not None]
        opened = [after for after in broken if after >= 0]
        found.append(
            {
                "change": name,
                "size": size,
                "rows": rows,
                "found_broken": len(broken) / repeats,
                "shut": (len(broken) - len(opened)) / max(1, len(broken)),
                "kept_after": float(np.mean(np.asarray(opened) >= TARGET)) if opened else None,
                "accuracy_after": float(np.mean(opened)) if opened else None,
            }
        )
    return found


def _moved(
    rng: np.random.Generator, change: Callable[[Doubles, float], Doubles], size: float, rows: int
) -> float | None:
    """True accuracy above the raised threshold; -1 when shut, None when nothing was found broken."""
    confidences = expit(rng.normal(3.0, 1.5, size=20_000))
    threshold = 0.85
    confidences = confidences[confidences >= threshold]
    chances = change(confidences, size)
    picks = spread(confidences, rows, rng)
    agree = np.where(rng.random(len(picks)) < chances[picks], 0.97, 0.4)
    unlabelled = asked(confidences[picks], rng.random(len(picks)) < agree, [""] * len(picks))
    validation = rng.choice(confidences, 300)
    known = judged_rows(rng, np.arange(300) < 200, (0.97, 0.4))
    calibration = Judged(validation, known.agrees, known.groups, known.right)
    evidence = Evidence(unlabelled, judged([], [], [], []), calibration)
    estimate = estimate_accuracy(evidence, CONFIDENCE)
    if estimate.promise(TARGET) != "broken":
        return None
    opening = raised(evidence, estimate, threshold=threshold, target=TARGET)
    if opening.threshold is None:
        return -1.0
    return float(chances[confidences >= opening.threshold].mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400, help="worlds; at least 8")
    repeats = parser.parse_args().repeats
    start = time.perf_counter()
    found = {
        "commit": commit(),
        "machine": machine(),
        "data": "drawn worlds; no product",
        "repeats": {"bounds": repeats, "drift": repeats // 4, "moves": repeats // 8},
        "confidence_of_each_bound": CONFIDENCE,
        "bounds_by_votes": bounds(repeats, labels=0),
        "bounds_by_votes_and_labels": bounds(repeats, labels=200),
        "drift": drifts(repeats // 4),
        "moves": moves(repeats // 8),
        "seconds": 0.0,
    }
    write(RESULTS / "gate_audit.json", {**found, "seconds": round(time.perf_counter() - start, 1)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
