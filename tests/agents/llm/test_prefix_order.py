import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.llm.prefix_order import prefix_order

BEGINNINGS = st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=30)


def shared(beginnings: list[list[str]], order: list[int]) -> int:
    """Leading parts that each prompt shares with the one before."""
    total = 0
    for before, after in pairwise(order):
        for left, right in zip(beginnings[before], beginnings[after], strict=False):
            if left != right:
                break
            total += 1
    return total


def test_prompts_that_begin_alike_stand_together_in_their_order() -> None:
    beginnings = [["b", "a"], ["a", "b"], ["b", "a"], ["a", "c"], ["a", "b"]]
    assert prefix_order(beginnings) == [1, 4, 3, 0, 2]


@given(BEGINNINGS, st.randoms(use_true_random=False))
def test_no_other_order_shares_more(beginnings: list[list[str]], draw: random.Random) -> None:
    order = prefix_order(beginnings)
    assert sorted(order) == list(range(len(beginnings)))
    other = order.copy()
    draw.shuffle(other)
    assert shared(beginnings, order) >= shared(beginnings, other)
