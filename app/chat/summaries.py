"""A reply in a line, for the history."""

from functools import singledispatch

from agents.case import Definition, Record
from app.chat.records import Answer, Comparison, Contest, Decision, DefinitionEdit, Outcome, SavedCase
from app.chat.replies import Detail, Exported, Notice, Problem, Undone


@singledispatch
def summary(body: Record) -> str:
    """What the reply said; empty for what speaks for itself."""
    del body
    return ""


@summary.register
def _(body: Outcome) -> str:
    verdict = body.verdict
    return f"{verdict.category_path} ({verdict.status}, {verdict.confidence:.3f})"


@summary.register
def _(body: Detail) -> str:
    return summary(body.outcome)


@summary.register
def _(body: Undone) -> str:
    return f"back to {summary(body.outcome)}"


@summary.register
def _(body: Comparison) -> str:
    before, after = body.before.verdict, body.after.verdict
    if before.category_path == after.category_path:
        return f"{body.after.change}: still {summary(body.after)}"
    return f"{body.after.change}: {before.category_path} becomes {summary(body.after)}"


@summary.register
def _(body: Contest) -> str:
    if body.stage == "won":
        return f"{body.asked.category_path} is the answer"
    return f"{body.asked.category_path} lost at {body.stage}"


@summary.register
def _(body: Definition) -> str:
    return f"{body.category_path}, version {body.version}"


@summary.register
def _(body: DefinitionEdit) -> str:
    return f"{body.after.category_path}, now version {body.after.version}"


@summary.register
def _(body: Answer) -> str:
    return body.answer


@summary.register
def _(body: Decision) -> str:
    return f"{body.status}: {body.category_path}"


@summary.register
def _(body: SavedCase) -> str:
    return f"{body.case.truth[0]}, in {body.file}"


@summary.register
def _(body: Exported) -> str:
    return body.file or body.format


@summary.register
def _(body: Notice) -> str:
    return body.text


@summary.register
def _(body: Problem) -> str:
    return body.message
