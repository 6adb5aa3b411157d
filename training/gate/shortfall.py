"""How many more labelled rows would open a gate that stays shut."""

import numpy as np

from training.gate.acceptance import Acceptance
from training.gate.bounds import fewest_rows, rows_at


def more_rows(seen: Acceptance, target: float, confidence: float) -> int | None:
    """Further rows like these, of which enough would be sure and right; None when no number would do.

    Every observed threshold is tried: it needs so many accepted rows, at the accuracy seen among its own
    (one made-up row, half right, added: Jeffreys), and it accepts its share of all rows. The cheapest
    counts. Where too few rows were seen to tell, it is what would do if all of them were right.

    Args:
        seen: from `Acceptance.observed`.
    """
    least = fewest_rows(target, confidence) - seen.rows
    accuracies = (seen.right + 0.5) / (seen.accepted + 1)
    promising = np.flatnonzero(accuracies > target)
    if not len(promising):
        return least if least > 0 else None
    rows = rows_at(accuracies[promising], target, confidence) * seen.rows / seen.accepted[promising]
    more = float(rows.min()) - seen.rows
    return max(1, int(np.ceil(more)), least) if np.isfinite(more) else None
