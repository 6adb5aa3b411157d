"""Thresholds by price or by budget. They promise no accuracy; what the rows say of it is kept as evidence."""

import numpy as np
import numpy.typing as npt

from retrieval.gate import Costs

Doubles = npt.NDArray[np.float64]


def least_cost_threshold(costs: Costs) -> float:
    """The threshold of least expected cost, given that confidences are calibrated.

    Accepting a product of confidence c costs mistake · (1 - c). Deliberating it costs llm + mistake ·
    (1 - mended) · (1 - c). The first is no dearer where 1 - c <= llm / (mistake · mended).
    """
    saved = costs.mistake * costs.mended
    return max(0.0, 1 - costs.llm / saved) if saved > 0 else 0.0


def expected_cost(confidences: npt.ArrayLike, threshold: float, costs: Costs) -> float:
    """Mean expected cost of a product, (n,) confidences."""
    values = np.asarray(confidences, dtype=np.float64)
    wrong = costs.mistake * (1 - values)
    return float(np.where(values >= threshold, wrong, costs.llm + wrong * (1 - costs.mended)).mean())


def budget_threshold(confidences: npt.ArrayLike, share: float) -> float:
    """The highest threshold that sends at most this share of the rows to the language model.

    Rows that tie with it are accepted.

    Args:
        confidences: of at least one row, (n,).
    """
    values = np.sort(np.asarray(confidences, dtype=np.float64))
    # The tolerance keeps a product such as 0.29 · 100 from losing its last row to rounding.
    affordable = int(share * len(values) + 1e-9)
    return float(values[affordable]) if affordable < len(values) else float(np.nextafter(values[-1], 2.0))
