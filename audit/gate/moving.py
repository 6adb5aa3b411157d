"""A higher threshold for a gate whose promise an audit found broken; never a lower one."""

import numpy as np
from scipy.special import expit, logit

from audit.gate.estimate import Estimate, agreements
from audit.gate.evidence import Doubles, Evidence
from retrieval.gate import Opening

_EDGE = 1e-6
_DRAWS = 20_000
_KEPT = 500
# Prior of the line: confidences may be off by a few log odds either way, and count for nothing up to double.
_OFFSET_SPREAD = 2.0
_STEEPEST = 2.0
_BLOCK = 2_000


def raised(
    evidence: Evidence, estimate: Estimate, *, threshold: float, target: float, seed: int = 0
) -> Opening:
    """The lowest threshold above which the promise holds with the estimate's confidence; shut where none is.

    The sample holds too few mistakes to count them above every threshold, so they are read off a line: the
    log odds of being right are a + b * (log odds of the confidence). Its posterior is drawn from the votes
    and labels with the auditor's own errors in it, by sampling-importance resampling (Rubin, 1988), so that
    doubt about the line and about the auditor both make the threshold higher.

    Args:
        evidence: of products accepted at `threshold`.
        estimate: of their accuracy, which breaks the promise.
    """
    values = np.sort(evidence.confidences)
    odds = _log_odds(values)
    lines = _posterior(evidence, np.random.default_rng(seed))
    right = expit(lines[:, :1] + lines[:, 1:] * odds)
    # Mean over each confidence and all above it, (draws, rows).
    above = np.cumsum(right[:, ::-1], axis=1)[:, ::-1] / np.arange(len(values), 0, -1)
    low = np.quantile(above, 1 - estimate.confidence, axis=0)
    places = np.flatnonzero((low >= target) & (values > threshold))
    if not len(places):
        return _shut(estimate, len(values), target)
    place = int(places[0])
    return Opening(
        threshold=float(values[place]),
        rows=len(values),
        coverage=(len(values) - place) / len(values),
        accuracy=float(above[:, place].mean()),
        lower_bound=float(low[place]),
        source="audit",
    )


def _posterior(evidence: Evidence, rng: np.random.Generator) -> Doubles:
    """Lines (a, b) as probable as the evidence makes them, (_KEPT, 2)."""
    offsets = rng.normal(0.0, _OFFSET_SPREAD, _DRAWS)
    slopes = rng.uniform(0.0, _STEEPEST, _DRAWS)
    chances = [rng.beta(c.hits + 1, c.rows - c.hits + 1, _DRAWS) for c in agreements(evidence)]
    drawn = np.stack([offsets, slopes, *chances], axis=1)
    blocks = [_log_likelihood(drawn[i : i + _BLOCK], evidence) for i in range(0, _DRAWS, _BLOCK)]
    weights = np.concatenate(blocks)
    weights = np.exp(weights - weights.max())
    kept = rng.choice(_DRAWS, _KEPT, p=weights / weights.sum())
    return drawn[kept, :2]


def _log_likelihood(drawn: Doubles, evidence: Evidence) -> Doubles:
    """Of draws (d, 4): line, and the auditor's chances to agree with right and with wrong answers; (d,)."""
    offset, slope, of_right, of_wrong = (column[:, None] for column in drawn.T)
    right = expit(offset + slope * _log_odds(evidence.asked.confidences))
    agree = np.clip(of_wrong + right * (of_right - of_wrong), _EDGE, 1 - _EDGE)
    votes = np.where(evidence.asked.agrees, np.log(agree), np.log1p(-agree)).sum(axis=1)
    known = np.clip(expit(offset + slope * _log_odds(evidence.labelled.confidences)), _EDGE, 1 - _EDGE)
    labels = np.where(evidence.labelled.right, np.log(known), np.log1p(-known)).sum(axis=1)
    total: Doubles = votes + labels
    return total


def _log_odds(confidences: Doubles) -> Doubles:
    odds: Doubles = logit(np.clip(confidences, _EDGE, 1 - _EDGE))
    return odds


def _shut(estimate: Estimate, rows: int, target: float) -> Opening:
    return Opening(
        threshold=None,
        rows=rows,
        coverage=0.0,
        accuracy=None,
        lower_bound=None,
        source="audit",
        note=(
            f"an audit found {estimate.accuracy:.1%} of the accepted products right, at most "
            f"{estimate.high:.1%}, and no higher threshold that keeps {target:.1%}; "
            "label some products and train again."
        ),
    )
