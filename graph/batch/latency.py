"""Distributions of latencies that can be added up, so that chunks give the quantiles of a whole run.

Counts per bucket of a geometric grid, as in DDSketch (Masson, Rim and Lee 2019, section 2): a quantile
is off by 5% at most, whatever the distribution.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

TOTAL = "total"
_GROWTH = 1.1
_SMALLEST_MS = 1e-3

Histogram = Mapping[int, int]


def histograms(latencies: Iterable[Mapping[str, float]]) -> dict[str, dict[int, int]]:
    """Histograms by node, and of the sum over a product's nodes as `total`.

    Args:
        latencies: milliseconds by node, one mapping a product; empty mappings do not count.
    """
    counts: dict[str, Counter[int]] = {}
    for by_node in latencies:
        if not by_node:
            continue
        for node, milliseconds in (*by_node.items(), (TOTAL, sum(by_node.values()))):
            counts.setdefault(node, Counter())[_bucket(milliseconds)] += 1
    return {node: dict(sorted(counts[node].items())) for node in sorted(counts)}


def merged(left: Mapping[str, Histogram], right: Mapping[str, Histogram]) -> dict[str, dict[int, int]]:
    """Both together."""
    nodes = sorted({*left, *right})
    sums = {node: Counter(left.get(node, {})) + Counter(right.get(node, {})) for node in nodes}
    return {node: dict(sorted(counts.items())) for node, counts in sums.items()}


def quantile(histogram: Histogram, share: float) -> float:
    """Milliseconds below which `share` of the products lie; `histogram` is not empty."""
    wanted = share * sum(histogram.values())
    seen = 0
    bucket = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= wanted:
            break
    return float(_GROWTH ** (bucket - 0.5))


def _bucket(milliseconds: float) -> int:
    return math.ceil(math.log(max(milliseconds, _SMALLEST_MS), _GROWTH))
