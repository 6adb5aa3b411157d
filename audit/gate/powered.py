"""Accuracy from a few labels and many votes: prediction-powered inference (Angelopoulos et al., 2023)."""

import numpy as np
from scipy.stats import beta

from audit.gate.evidence import Asked, Bools, Judged
from audit.gate.rogan_gladen import Corrected

_EDGE = 1e-3


def powered(asked: Asked, labelled: Judged, confidence: float) -> Corrected:
    """The labels' accuracy, moved by what the votes on the labelled rows missed of all votes.

    The votes count as much as they help (`power`, after PPI++, Angelopoulos, Duchi and Zrnic, 2023, eq. 4),
    so a bad auditor costs nothing. The bounds are Clopper and Pearson's at the effective number of rows (Korn
    and Graubard, 1998), because the normal approximation fails near 1.

    Args:
        asked, labelled: random samples of the same population; the labelled ones at least two.
        confidence: of each bound by itself.
    """
    if labelled.right.all() or not labelled.right.any():
        return counted(labelled.right, confidence)  # nothing for votes to explain
    right, votes, others = (x.astype(float) for x in (labelled.right, labelled.agrees, asked.agrees))
    weight = power(labelled, asked)
    value = right.mean() + weight * (others.mean() - votes.mean())
    variance = (right - weight * votes).var(ddof=1) / len(votes) + weight**2 * others.var() / len(others)
    # The correction may push past the ends, where there is no number of rows.
    value = float(np.clip(value, _EDGE, 1 - _EDGE))
    rows = (
        min(value * (1 - value) / float(variance), len(votes) + len(others)) if variance > 0 else len(votes)
    )
    return exact(value, rows, confidence)


def power(labelled: Judged, asked: Asked) -> float:
    """Weight of the votes, 0 to 1, that makes the estimate least noisy."""
    votes = labelled.agrees.astype(float)
    noise = np.concatenate([votes, asked.agrees.astype(float)]).var()
    if noise == 0:
        return 0.0
    together = float(np.cov(labelled.right.astype(float), votes)[0, 1])
    return float(np.clip(together / (noise * (1 + len(votes) / len(asked))), 0.0, 1.0))


def counted(right: Bools, confidence: float) -> Corrected:
    """Accuracy of labelled rows alone, (n,), with its Clopper–Pearson bounds."""
    return exact(float(right.mean()), len(right), confidence)


def exact(share: float, rows: float, confidence: float) -> Corrected:
    """Clopper–Pearson bounds of a share; rows need not be whole."""
    hits = share * rows
    low = float(beta.ppf(1 - confidence, hits, rows - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(confidence, hits + 1, rows - hits)) if hits < rows else 1.0
    return Corrected(share, low, high)
