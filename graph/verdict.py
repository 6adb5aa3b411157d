"""The verdict: what every product comes out with. Its JSON Schema is a contract with users' scripts."""

from typing import Any, Literal

from pydantic import Field

from agents.case import Candidate, DefinitionRef, Flag, Reasoning, Record

Status = Literal["accepted", "deliberated", "degraded", "review"]


class Level(Record):
    """One node of a verdict's path.

    Attributes:
        category_path: from the root down to this node.
        confidence: calibrated probability that the product belongs under it, 0 to 1.
    """

    category_path: str
    confidence: float = Field(ge=0.0, le=1.0)


class Verdict(Record):
    """One product's category and how it came about.

    Attributes:
        category_id: always one of the taxonomy; an inner node only where the gate may accept one.
        status: `accepted` (the gate let the domain expert's answer out), `deliberated` (the general
            expert ranked the candidates), `degraded` (the general expert failed; the domain expert's
            answer stands), `review` (too unsure after all, or no general expert; a person should look).
        confidence: calibrated probability that the category is right, 0 to 1.
        candidates: best first.
        reasoning: null unless deliberated.
        prompt: name and version of the ranking prompt, empty unless the general expert was asked.
        model: the general expert's model, empty unless it was asked.
        latency_ms: milliseconds by node; `recommend` is the product's share of its chunk.
        flags: what a person should know of the deliberation: `clues_struck` (it quoted what the product does
            not say), `near_tie` (asked again with the candidates shuffled), `none_fits` (no candidate fits,
            says the model), `widened` (more candidates were asked of the domain expert for that reason).
        extra_calls: answers of the general expert beyond the first.
        levels: of the path of the most probable category, root first, the category itself last; empty in
            workspaces that were made without.
        certified_path: the deepest of these that the gate's promise covers; null where none is.
        error: why the verdict is degraded; null otherwise.
    """

    product_id: str
    category_id: str
    category_path: str
    status: Status
    confidence: float = Field(ge=0.0, le=1.0)
    candidates: tuple[Candidate, ...]
    reasoning: Reasoning | None = None
    definitions: tuple[DefinitionRef, ...] = ()
    prompt: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    latency_ms: dict[str, float] = Field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    extra_calls: int = 0
    levels: tuple[Level, ...] = ()
    certified_path: str | None = None
    error: str | None = None


def verdict_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a verdict as `classify --json` prints it."""
    schema = Verdict.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
