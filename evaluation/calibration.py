"""Do confidences mean what they say: reliability bins, expected calibration error, Brier score, log loss.

All take `confidences`, the probabilities that the answers are right, and `right`, whether they are; both
of shape (n,).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import SettingsError
from evaluation.checks import require_confidences, require_rows
from evaluation.proportion import Proportion, share_of
from evaluation.record import Record

BINS = 15
HISTOGRAM_STEPS = 20


class ReliabilityBin(Record):
    """Products of similar confidence, from `low` to `high`: their mean confidence and their accuracy."""

    low: float
    high: float
    confidence: float
    accuracy: Proportion


def reliability_bins(
    confidences: ArrayLike, right: NDArray[np.bool_], bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """`bins` bins of equal mass, least sure first.

    Equal confidences are never split, so that the order of the products does not matter; ties
    and few products make for fewer bins.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
        SettingsError: fewer than one bin.
    """
    if bins < 1:
        raise SettingsError(f"`bins` is {bins!r}.", fix="Ask for at least one bin.")
    values = require_confidences(confidences)
    n = require_rows(confidences=values, right=right)
    firsts = np.sort(values)[np.arange(1, bins) * n // bins]
    places = np.searchsorted(np.unique(firsts), values, side="right")
    return tuple(_bin(values[places == place], right[places == place]) for place in np.unique(places))


def _bin(values: NDArray[np.float64], right: NDArray[np.bool_]) -> ReliabilityBin:
    low, high = float(values.min()), float(values.max())
    return ReliabilityBin(low=low, high=high, confidence=float(values.mean()), accuracy=share_of(right))


def expected_calibration_error(confidences: ArrayLike, right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over the bins of `reliability_bins`, weighted by products.

    The estimate of Guo et al. (2017) on equal-mass bins; biased upwards when bins hold few products.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
        SettingsError: fewer than one bin.
    """
    parts = reliability_bins(confidences, right, bins)
    gaps = [part.accuracy.n * abs(part.accuracy.value - part.confidence) for part in parts]
    return sum(gaps) / len(right)


def brier_score(confidences: ArrayLike, right: NDArray[np.bool_]) -> float:
    """Mean squared gap between confidence and being right (1) or wrong (0); 0 is best (Brier, 1950).

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
    """
    values = require_confidences(confidences)
    require_rows(confidences=values, right=right)
    return float(np.mean((values - right) ** 2))


def confidence_log_loss(confidences: ArrayLike, right: NDArray[np.bool_]) -> float:
    """Mean negative log-likelihood, in nats, of being right or wrong under the confidences.

    Confidences of 0 and 1 are moved inwards by the float64 machine epsilon, as in scikit-learn, so that
    one mistake does not make the mean infinite.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
    """
    values = require_confidences(confidences)
    require_rows(confidences=values, right=right)
    tiny = np.finfo(np.float64).eps
    inside = np.clip(values, tiny, 1 - tiny)
    return float(-np.mean(np.log(np.where(right, inside, 1 - inside))))


def confidence_histogram(confidences: ArrayLike, steps: int = HISTOGRAM_STEPS) -> tuple[int, ...]:
    """How many products lie in each of `steps` equal stretches of confidence from 0 to 1.

    Raises:
        CatalogError: a confidence outside 0 to 1.
    """
    counts, _ = np.histogram(require_confidences(confidences), bins=steps, range=(0.0, 1.0))
    return tuple(int(count) for count in counts)
