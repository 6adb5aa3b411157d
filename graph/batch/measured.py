"""What deliberations of an earlier batch really took, to price the next one by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from graph.batch.ledger import LedgerState, read_ledger
from graph.batch.parts import is_intact, read_part

_COLUMNS = ["product_id", "status", "model", "prompt", "tokens_in", "tokens_out"]
_DELIBERATED = frozenset({"deliberated", "review"})
_ROWS_FOR_SPEED = 50


@dataclass(frozen=True)
class Answered:
    """One deliberation: which model and prompt, and the tokens the model reported."""

    model: str
    prompt: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class Measured:
    """Attributes:
    answers: a random sample of the deliberations, by product id.
    seconds: working time a row; None where too few rows tell.
    """

    answers: Mapping[str, Answered] = field(default_factory=dict)
    seconds: float | None = None


def measured_answers(folders: Sequence[Path], size: int) -> Measured:
    """At most `size` deliberations of the first folder that has any; nothing where none has.

    Raises:
        WorkspaceError: a ledger is damaged.
    """
    for folder in folders:
        state = read_ledger(folder)
        answers = _drawn(_answered(folder, state), size)
        if answers:
            return Measured(answers, _seconds(state))
    return Measured()


def _answered(folder: Path, state: LedgerState) -> Iterator[tuple[str, Answered]]:
    for done in state.chunks.values():
        if not done.tokens_in or not is_intact(folder, done):
            continue
        for row in read_part(folder, done, _COLUMNS).to_pylist():
            if row["status"] in _DELIBERATED and row["tokens_in"]:
                names = ("model", "prompt", "tokens_in", "tokens_out")
                yield row["product_id"], Answered(**{name: row[name] for name in names})


def _drawn(answers: Iterator[tuple[str, Answered]], size: int) -> dict[str, Answered]:
    """A random sample, the same every time."""
    draw, kept = Random(0), list[tuple[str, Answered]]()
    for number, answer in enumerate(answers, 1):
        if len(kept) < size:
            kept.append(answer)
        elif (place := draw.randrange(number)) < size:
            kept[place] = answer
    return dict(kept)


def _seconds(state: LedgerState) -> float | None:
    rows = sum(done.rows - done.copied for done in state.chunks.values())
    return state.seconds / rows if rows >= _ROWS_FOR_SPEED else None
