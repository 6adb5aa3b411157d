"""Free questions, answered by the language model from one trace alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from agents.llm.answer import ask
from agents.llm.factory import LLM
from app.chat.records import Answer, Outcome
from catalog.text import normalise, product_text, text_key
from prompts.loader import load_prompt

NOT_HELD: Final = "The trace of this product does not hold the answer."
_PROMPTS = Path(__file__).with_name("prompts")
_NEIGHBOURS = 5
_MIN_QUOTE = 4


class Reply(BaseModel):
    """What the model is asked for; quotes before the answer, so that it rests on them."""

    model_config = ConfigDict(extra="forbid")

    held: bool
    quotes: list[Annotated[str, Field(min_length=1, max_length=160)]] = Field(max_length=4)
    answer: str = Field(min_length=1, max_length=400)


def answer_question(llm: LLM, outcome: Outcome, question: str) -> Answer:
    """Ask about an outcome.

    An answer counts only when it quotes the trace: what stands nowhere in it was made up.

    Raises:
        LLMUnavailable, LLMAnswerError: the model failed after its bounded retries.
    """
    trace = trace_text(outcome)
    prompt = load_prompt("chat/question", overlay=_PROMPTS)
    said = ask(llm, prompt.messages(trace=trace, question=question), Reply)
    known = f" {text_key(trace)} "
    quotes = tuple(
        q for q in said.value.quotes if len(key := text_key(q)) >= _MIN_QUOTE and f" {key} " in known
    )
    held = said.value.held and bool(quotes)
    return Answer(
        question=question,
        held=held,
        answer=normalise(said.value.answer) if held else NOT_HELD,
        quotes=quotes if held else (),
        model=llm.name,
        tokens_in=said.tokens_in,
        tokens_out=said.tokens_out,
    )


def trace_text(outcome: Outcome) -> str:
    """An outcome in one line, as the model reads it: the decision first, so that a cut costs the least."""
    return "; ".join(_facts(outcome))


def _facts(outcome: Outcome) -> Iterator[str]:
    verdict, gate = outcome.verdict, outcome.gate
    yield f"product: {product_text(outcome.product)}"
    yield f"answer: {verdict.category_path}, status {verdict.status}, confidence {verdict.confidence:.3f}"
    limit = "nothing" if gate.threshold is None else f"confidence {gate.threshold:.3f}"
    yield f"domain expert's confidence {gate.confidence:.3f}, gate accepts from {limit}; {gate.promise}"
    if verdict.error:
        yield f"the general expert failed: {verdict.error}"
    for place, c in enumerate(verdict.candidates, start=1):
        yield f"candidate {place}: {c.category_path}, score {c.score:.3f}, found by {c.source}"
    if reasoning := verdict.reasoning:
        yield f"reason: {reasoning.reason}"
        yield f"clues: {', '.join(reasoning.clues)}; user: {reasoning.user}; use case: {reasoning.use_case}"
    for n in outcome.neighbours[:_NEIGHBOURS]:
        yield f"training product: {n.title}, in {n.category_path}, similarity {n.similarity:.2f}"
    for d in outcome.definitions:
        yield f"definition of {d.category_path} (version {d.version}): {d.text}"
    for step in outcome.steps:
        yield f"node {step.node}: {step.ms:.1f} ms, {step.tokens_in} tokens in, {step.tokens_out} out"
    yield f"model {verdict.model or 'not asked'}, prompt {verdict.prompt or 'none'}"
    yield f"trace id {outcome.trace_id}"
