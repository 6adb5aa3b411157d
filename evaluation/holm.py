"""Several tests at once."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values in the given order (Holm, 1979).

    Rejecting where the adjusted value is at most a level keeps the chance of any false finding at that level,
    however the tests hang together.
    """
    count = len(p_values)
    adjusted, floor = [0.0] * count, 0.0
    for rank, place in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, (count - rank) * p_values[place]))
        adjusted[place] = floor
    return tuple(adjusted)
