"""A thread written down, as Markdown for people or as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.chat.records import Outcome, Turn
from app.chat.replies import Exported
from app.chat.session import Session
from catalog.errors import SettingsError
from catalog.text import normalise

# What Markdown would read as markup; text of strangers is quoted with these escaped.
_MARKUP: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<#|~"})


def exported(session: Session, form: str, file: str) -> Exported:
    """Write a thread down.

    Args:
        form: `markdown` or `json`.
        file: to write to; empty to give the text back.

    Raises:
        SettingsError: the file cannot be written.
    """
    text = _json(session) if form == "json" else "\n".join(_markdown(session)) + "\n"
    if file:
        try:
            Path(file).expanduser().write_text(text, "utf-8")
        except OSError as error:
            raise SettingsError(f"`{file}` cannot be written: {error}.", fix="Name another file.") from error
    return Exported(format=form, file=file, text="" if file else text)


def _json(session: Session) -> str:
    document = {
        "thread": session.thread.model_dump(mode="json"),
        "turns": [turn.model_dump(mode="json") for turn in session.turns()],
        "outcomes": [outcome.model_dump(mode="json") for outcome in _outcomes(session)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _outcomes(session: Session) -> list[Outcome]:
    return [session.outcome(number) for number in range(1, session.thread.outcomes + 1)]


def _markdown(session: Session) -> Iterator[str]:
    thread = session.thread
    yield f"# {_text(thread.title) or 'An empty thread'}"
    yield ""
    yield f"Thread `{thread.thread_id}`, workspace `{thread.workspace}`, begun {thread.created}."
    yield ""
    yield "## What was said"
    for turn in session.turns():
        yield from _turn(turn)
    for outcome in _outcomes(session):
        yield from _outcome(outcome)


def _turn(turn: Turn) -> Iterator[str]:
    yield f"{turn.number}. {_text(turn.said)}"
    if turn.summary:
        yield f"   - {_text(turn.summary)}"


def _outcome(outcome: Outcome) -> Iterator[str]:
    verdict, gate = outcome.verdict, outcome.gate
    origin = f", from outcome {outcome.parent}: {_text(outcome.change)}" if outcome.parent else ""
    yield from ("", f"## Outcome {outcome.number}{origin}", "")
    yield f"Product: {_text(outcome.product.title)}"
    yield ""
    yield f"**{_text(verdict.category_path)}**, {verdict.status}, confidence {verdict.confidence:.3f}"
    yield ""
    asked = "nothing" if gate.threshold is None else f"confidence {gate.threshold:.3f}"
    yield f"The gate accepts from {asked}; the domain expert's confidence was {gate.confidence:.3f}. "
    yield _text(gate.promise)
    yield from ("", "| place | category | score | found by |", "|---|---|---|---|")
    for place, c in enumerate(verdict.candidates, start=1):
        yield f"| {place} | {_text(c.category_path)} | {c.score:.3f} | {_text(c.source)} |"
    if verdict.reasoning:
        yield from ("", f"Reason: {_text(verdict.reasoning.reason)}")
    if verdict.error:
        yield from ("", f"The general expert failed: {_text(verdict.error)}")
    yield from ("", f"Trace `{outcome.trace_id}`")


def _text(text: str) -> str:
    return normalise(text).translate(_MARKUP)
