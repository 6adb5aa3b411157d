"""In which order prompts are sent so that neighbours begin alike, and a prefix cache is used."""

from collections.abc import Sequence


def prefix_order(beginnings: Sequence[Sequence[str]]) -> list[int]:
    """Places of the prompts in an order in which those that share the longest beginning stand together.

    Args:
        beginnings: of each prompt, its leading parts in the order in which they stand there, such as the
            ids of its candidates; what follows them is taken to differ.

    Returns:
        Each place once; prompts that begin alike keep their order.
    """
    return sorted(range(len(beginnings)), key=lambda place: tuple(beginnings[place]))
