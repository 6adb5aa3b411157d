"""Drawn evidence whose truth is known."""

import numpy as np

from audit.gate.evidence import Evidence, Judged, asked, judged


def rows(
    rng: np.random.Generator, right: np.ndarray, agree: tuple[float, float], confidence: float = 0.9
) -> Judged:
    """Rows with the vote of an auditor that agrees with right and wrong ones at these rates."""
    agrees = rng.random(len(right)) < np.where(right, *agree)
    return judged(np.full(len(right), confidence), agrees, [""] * len(right), right)


def world(
    rng: np.random.Generator,
    accuracy: float,
    agree: tuple[float, float],
    *,
    asked_rows: int = 300,
    labels: int = 0,
    validation: tuple[int, int] = (230, 70),
) -> Evidence:
    unlabelled = rows(rng, rng.random(asked_rows) < accuracy, agree)
    return Evidence(
        asked=asked(unlabelled.confidences, unlabelled.agrees, [""] * asked_rows),
        labelled=rows(rng, rng.random(labels) < accuracy, agree),
        calibration=rows(rng, np.arange(sum(validation)) < validation[0], agree),
    )
