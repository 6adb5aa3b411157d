"""How two samples differ: measures of size, and p-values that hold for any distribution."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

DRAWS = 1999
_SMOOTHING = 0.5


def stability_index(reference: Counts, new: Counts) -> float:
    """Population stability index of two histograms over the same bins, (b,); 0.1 is moderate, 0.25 large.

    Half a product is added to each bin, so that an empty one does not count as infinitely far.
    """
    was, now = ((counts + _SMOOTHING) / (counts + _SMOOTHING).sum() for counts in (reference, new))
    return float(((now - was) * np.log(now / was)).sum())


def total_variation(reference: Counts, new: Counts) -> float:
    """Share of products that would have to change their bin, 0 to 1."""
    return float(np.abs(new / new.sum() - reference / reference.sum()).sum() / 2)


def permutation_p(reference: Counts, new: Counts, rng: np.random.Generator) -> float:
    """Chance of a chi-square statistic this large if both samples came from one source.

    All products are dealt anew to the two samples, `DRAWS` times; (1 + larger) / (1 + draws) is a valid
    p-value at any sample size (Phipson and Smyth, 2010).
    """
    pooled = reference + new
    dealt = rng.multivariate_hypergeometric(pooled, int(new.sum()), size=DRAWS, method="marginals")
    expected = pooled * (new.sum() / pooled.sum())
    # With both margins fixed the statistic is this sum times a constant.
    larger = _distances(dealt, expected) >= _distances(new, expected) - 1e-9
    return float((1 + larger.sum()) / (1 + DRAWS))


def _distances(counts: Counts, expected: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(..., b) to (...)."""
    present = expected > 0
    parts = (counts[..., present] - expected[present]) ** 2 / expected[present]
    distances: npt.NDArray[np.float64] = parts.sum(axis=-1)
    return distances
