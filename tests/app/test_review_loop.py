from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.review_loop import case_text, review_loop
from catalog.product import Product
from review.queue import ReviewQueue
from tests.review.conftest import CATEGORIES, make_case


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReviewQueue]:
    """Three open cases."""
    with ReviewQueue(tmp_path / "review.sqlite") as opened:
        opened.add([make_case(f"p{i}") for i in (1, 2, 3)], CATEGORIES)
        yield opened


def answers(*given: str) -> Callable[[str], str]:
    """Answers in turn; then the input ends."""
    rest = list(given)

    def ask(prompt: str) -> str:
        assert prompt.endswith("> ")
        if not rest:
            raise EOFError
        return rest.pop(0)

    return ask


def test_every_key_does_what_it_says(queue: ReviewQueue) -> None:
    said: list[str] = []
    assert review_loop(queue, "ann", "", answers("2", "a", "s"), said.append) == 3
    decided = [(e.status, e.chosen_path, e.reviewer) for e in queue.entries()]
    assert decided == [
        ("corrected", "Garden > Sprinklers", "ann"),
        ("accepted", "Garden > Hoses", "ann"),
        ("skipped", "", "ann"),
    ]
    assert said[-1] == "No open case is left."


def test_the_first_number_is_to_accept(queue: ReviewQueue) -> None:
    assert review_loop(queue, "ann", "", answers("1", "q"), lambda text: None) == 1
    assert queue.entry(1).status == "accepted"


def test_a_wrong_category_is_asked_again_with_what_was_meant(queue: ReviewQueue) -> None:
    said: list[str] = []
    assert review_loop(queue, "ann", "", answers("c", "dog bed", "c", "dog beds", "q"), said.append) == 1
    assert queue.entry(1).chosen_path == "Pets > Dog Beds"
    assert any("Did you mean 'Pets > Dog Beds'?" in text for text in said)


@pytest.mark.parametrize("answer", ["0", "3", "x", ""])
def test_a_key_that_means_nothing_decides_nothing(queue: ReviewQueue, answer: str) -> None:
    said: list[str] = []
    assert review_loop(queue, "ann", "", answers(answer), said.append) == 0
    assert said[-1] == f"{answer!r} is none of these keys."
    assert queue.counts() == {"open": 3}


def test_a_case_that_someone_else_decided_meanwhile_is_passed_over(queue: ReviewQueue) -> None:
    def ask(prompt: str) -> str:
        with ReviewQueue(queue.path) as theirs:
            if theirs.entry(1).status == "open":
                theirs.skip(1, "bob")
        return "a"

    said: list[str] = []
    assert review_loop(queue, "ann", "", ask, said.append) == 2
    assert queue.entry(1).reviewer == "bob"
    assert "Case 1 was skipped before by 'bob'." in said


def test_product_text_cannot_steer_the_terminal(queue: ReviewQueue) -> None:
    evil = Product(product_id="p9", title="hose \x1b[2J\u202e", description="\x1b]0;owned\x07 long " * 99)
    queue.add([make_case("p9", product=evil, given_path="Garden > Pipes")], CATEGORIES)
    text = case_text(queue.entry(4))
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "label: Garden > Pipes" in text
    assert "   1  Garden > Hoses  (0.60)" in text
    assert max(map(len, text.splitlines())) < 400
