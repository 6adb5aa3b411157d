"""Comparisons made up on the spot, for tests of what is made of them."""

from collections.abc import Sequence

from agents.case import Reasoning
from experiments.analysis import Frame, analysed
from experiments.checks import Requirements
from experiments.result import CaseResult, Comparison
from experiments.trial import Trial

RIGHT, WRONG = "Toys > Snow Toys", "Toys > Beach Toys"


def made_trial(mark: str) -> Trial:
    """`+` right, `-` wrong, `!` failed."""
    if mark == "!":
        return Trial(error="the server said 500", cost=0.001)
    path = RIGHT if mark == "+" else WRONG
    reasoning = Reasoning(
        clues=("snow",), user="children", use_case="winter", ranking=("1",), reason=f"it is {path}"
    )
    return Trial(
        own=path,
        fused=RIGHT,
        ranking=((path, 1.0), ("Toys > <b>Other</b>", 0.5)),
        reasoning=reasoning,
        calls=1,
        tokens_in=100,
        tokens_out=20,
        cost=0.002,
        latency_ms=12.5,
    )


def made_cases(**marks: Sequence[str]) -> list[CaseResult]:
    """One case a mark; a mark of several signs is as many repeats."""
    count = len(next(iter(marks.values())))
    return [
        CaseResult(
            product_id=f"p{place}",
            title=f"Snow clip {place} <script>alert({place})</script>",
            text="Makes snow balls.",
            locale="en-US" if place % 2 else "de-DE",
            department="Toys",
            size="5-9",
            origin="test",
            truth=(RIGHT,),
            reachable=True,
            domain=WRONG,
            trials={label: tuple(map(made_trial, marks[label][place])) for label in marks},
        )
        for place in range(count)
    ]


def made_comparison(
    requirements: Requirements | None = None, *, selected: bool = False, **marks: Sequence[str]
) -> Comparison:
    """As `made_cases`, analysed; the first is the baseline."""
    repeats = len(next(iter(marks.values()))[0])
    frame = Frame(
        meta={"model": "scripted"},
        identities={label: {"prompt": label} for label in marks},
        judge="own",
        repeats=repeats,
        lift=0.1,
        selected=selected,
        requirements=requirements or Requirements(),
    )
    return analysed(frame, made_cases(**marks))
