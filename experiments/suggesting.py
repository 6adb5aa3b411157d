"""Edits proposed by a chat model that reads failing cases; each is measured and kept only if it wins."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agents.llm.answer import ask
from agents.llm.model import LLM
from agents.llm.usage import counting_usage
from catalog.errors import LLMError, PromptError
from evaluation.record import Record
from experiments.cases import LabelledCase
from experiments.result import ArmResult
from experiments.trial import Trial
from graph.batch.spending import Spending
from prompts.drafting import draft, prompt_body
from prompts.prompt import Prompt

logger = logging.getLogger(__name__)

SUGGEST_PROMPT = "engineer/suggest"
SHOWN = 8
LEVEL = 0.05


class Edit(BaseModel):
    """One piece of a prompt and what shall stand there."""

    model_config = ConfigDict(extra="forbid")

    find: str = Field(min_length=3, max_length=2000)
    replace: str = Field(max_length=3000)


class Suggestion(BaseModel):
    """What the model proposes and why."""

    model_config = ConfigDict(extra="forbid")

    diagnosis: str = Field(min_length=1, max_length=600)
    note: str = Field(min_length=1, max_length=200)
    edits: list[Edit] = Field(min_length=1, max_length=5)


class Attempt(Record):
    """One proposal and what came of it.

    Attributes:
        note: what it tries, by the model.
        prompt: the version; empty where the edits could not be made.
        result: on the validation cases, against the best so far; None where it was not measured.
        kept: it won.
        problem: why it was not measured, or empty.
    """

    note: str
    diagnosis: str
    prompt: str = ""
    result: ArmResult | None = None
    kept: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Failure:
    """A case that went wrong, as the suggesting model sees it."""

    title: str
    right: str
    said: str
    reason: str


def failures(cases: Sequence[LabelledCase], trials: Sequence[Trial | None]) -> list[Failure]:
    """The first few cases that were answered wrongly."""
    wrong = [
        Failure(
            title=case.product.title,
            right=case.truth[0],
            said=trial.own,
            reason=trial.reasoning.reason if trial.reasoning else "",
        )
        for case, trial in zip(cases, trials, strict=True)
        if trial is not None and trial.error is None and trial.own not in case.truth
    ]
    return wrong[:SHOWN]


def halves(cases: Sequence[LabelledCase]) -> tuple[list[LabelledCase], list[LabelledCase]]:
    """Every other case to read, the others to measure on: what was read proves nothing."""
    return list(cases[::2]), list(cases[1::2])


def suggested(
    llm: LLM,
    instruction: Prompt,
    prompt: Prompt,
    wrong: Sequence[Failure],
    tried: Sequence[str],
    spending: Spending,
) -> Suggestion:
    """Ask for edits; what it takes is charged.

    Raises:
        LLMError: no usable answer.
    """
    messages = instruction.messages(
        body=prompt_body(prompt),
        variables=list(prompt.front_matter.variables),
        cases=list(wrong),
        tried=list(tried),
    )
    with counting_usage() as counter:
        try:
            return ask(llm, messages, Suggestion).value
        finally:
            spending.charge(counter.usage)


def edited(body: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made.

    Raises:
        PromptError: a piece does not stand in the text exactly once, or nothing changes.
    """
    changed = body
    for edit in edits:
        times = changed.count(edit.find)
        if times != 1:
            raise PromptError(f"The piece {edit.find[:60]!r} stands {times} times in the prompt.")
        changed = changed.replace(edit.find, edit.replace)
    if changed == body:
        raise PromptError("The edits change nothing.")
    return changed


def drafted(parent: Prompt, overlay: Path, suggestion: Suggestion) -> Prompt:
    """The suggestion as a new version.

    Raises:
        PromptError: the edits cannot be made, or break a rule of prompt files.
    """
    return draft(parent, overlay, suggestion.note, edited(prompt_body(parent), suggestion.edits))


def proposal(
    llm: LLM,
    instruction: Prompt,
    best: Prompt,
    wrong: Sequence[Failure],
    tried: Sequence[Attempt],
    overlay: Path,
    spending: Spending,
) -> tuple[Attempt, Prompt | None]:
    """One proposal and its version; None where there is none to measure."""
    try:
        notes = [attempt.note for attempt in tried if not attempt.kept and attempt.note]
        suggestion = suggested(llm, instruction, best, wrong, notes, spending)
    except LLMError as error:
        return Attempt(note="", diagnosis="", problem=str(error)), None
    try:
        version = drafted(best, overlay, suggestion)
    except PromptError as error:
        attempt = Attempt(note=suggestion.note, diagnosis=suggestion.diagnosis, problem=str(error))
        return attempt, None
    return Attempt(note=suggestion.note, diagnosis=suggestion.diagnosis, prompt=version.ref), version


def wins(result: ArmResult, rounds: int) -> bool:
    """Better by the exact test, at a level that all rounds share: many tries find something by luck."""
    gain = result.standing.gain
    return gain is not None and gain.wins > gain.losses and rounds * gain.p <= LEVEL
