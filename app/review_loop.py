"""One case after the other on a terminal, until nobody wants to go on."""

from collections.abc import Callable

from app.output import plain
from catalog.errors import SettingsError, TaxonomyError
from review.case import Entry
from review.queue import ReviewQueue

KEYS = "number or a: accept · c: correct · s: skip · q: quit"
_SHOWN_CHOICES = 10
_BODY_CHARS = 300

Ask = Callable[[str], str]
Say = Callable[[str], None]


def case_text(entry: Entry) -> str:
    """A case as people read it; product text is stripped of what could steer a terminal."""
    case = entry.case
    product = case.product
    facts = {"brand": product.brand, "text": product.body[:_BODY_CHARS], "label": case.given_path}
    choices = [
        f"  {n:2}  {plain(choice.category_path)}  ({choice.score:.2f})"
        for n, choice in enumerate(case.choices[:_SHOWN_CHOICES], start=1)
    ]
    lines = [
        f"Case {entry.number} · {entry.status} · {plain(product.product_id)}",
        plain(product.title),
        *(f"{name}: {plain(text)}" for name, text in facts.items() if text),
        f"why: {plain(case.reason)}",
        *choices,
    ]
    return "\n".join(lines)


def review_loop(queue: ReviewQueue, reviewer: str, department: str, ask: Ask, say: Say) -> int:
    """Show open cases in their order and take decisions; returns how many were taken.

    Args:
        ask: shows a prompt and gives the answer; EOFError ends the loop.
        say: shows a text.
    """
    decided, last = 0, 0
    while (entry := queue.next_open(department, after=last)) is not None:
        say("\n" + case_text(entry))
        try:
            result = _settled(queue, entry, reviewer, ask, say)
        except EOFError:
            result = None
        if result is None:
            return decided
        decided += result
        last = entry.number
    say("No open case is left.")
    return decided


def _settled(queue: ReviewQueue, entry: Entry, reviewer: str, ask: Ask, say: Say) -> bool | None:
    """Whether a decision was taken (someone else may have been first); None when asked to quit."""
    while True:
        answer = ask(f"{KEYS} > ").strip()
        if answer == "q":
            return None
        try:
            done = _decided(queue, entry, answer, reviewer, ask)
        except TaxonomyError as error:
            say(str(error))
        except SettingsError as error:
            say(error.message)
            return False
        else:
            if done is not None:
                say(f"{done.status}: {plain(done.chosen_path)}" if done.chosen_path else done.status)
                return True
            say(f"{answer!r} is none of these keys.")


def _decided(queue: ReviewQueue, entry: Entry, answer: str, reviewer: str, ask: Ask) -> Entry | None:
    """The case after the decision; None when the answer means nothing."""
    choices = entry.case.choices[:_SHOWN_CHOICES]
    if answer == "a":
        return queue.accept(entry.number, reviewer)
    if answer == "s":
        return queue.skip(entry.number, reviewer)
    if answer == "c":
        return queue.correct(entry.number, ask("category (path, leaf or id) > "), reviewer)
    if answer.isdecimal() and 1 <= int(answer) <= len(choices):
        return queue.correct(entry.number, choices[int(answer) - 1].category_id, reviewer)
    return None
