"""From what a contestant is called to what asks: a strategy, a prompt, or a strategy with a prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agents.fusion import Fusions
from agents.general_expert import GeneralExpert
from agents.llm.counting import TokenCounter
from agents.llm.model import LLM
from agents.ranker import Ranker
from agents.rankers import EXPLAIN_PROMPT, build_ranker
from agents.strategies import JOINED_BY, STRATEGIES, strategy_of
from agents.ties import TieRule
from catalog.errors import PromptError, SettingsError
from experiments.arms import Arm
from experiments.recording import Request, recording_llm
from prompts.loader import load_prompt

ASSIGNED_BY = "="
_HASH_DIGITS = 12
# What a prompt that belongs to no strategy is shown: everything, and it uses what it wants.
_BY_OUTPUT: Mapping[str, str] = {
    "Choice": "definition+neighbours",
    "PlainRanking": "definition+neighbours+rank",
    "Ranking": "cot_rank",
    "likelihood": "likelihood",
}


@dataclass(frozen=True)
class Bench:
    """What all contestants share.

    Attributes:
        llm: asked by all.
        fusions: of the workspace.
        overlay: folder of the user's own prompts.
        names: file that descriptive names are kept in.
        address: of the model, and how it samples; goes into every key.
        ties: when a case is asked about again; never, so that a trial is one answer.
    """

    llm: LLM
    fusions: Fusions
    overlay: Path | None = None
    names: Path | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    ties: TieRule = field(default_factory=partial(TieRule, extra_calls=0))


def open_arms(labels: Sequence[str], bench: Bench) -> list[Arm]:
    """The contestants in the given order.

    Raises:
        SettingsError: one is named twice, or is neither a strategy nor a prompt that ranks.
        PromptError: a prompt cannot be used.
    """
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise SettingsError(f"{twice[0]!r} is named twice.", fix="Name each contestant once.")
    return [open_arm(label, bench) for label in labels]


def open_arm(label: str, bench: Bench) -> Arm:
    """One contestant: `cot_rank`, `general_expert/rank.v2`, `drafts/new.jinja` or `rank=drafts/new.jinja`.

    Raises:
        SettingsError, PromptError: as `open_arms`.
    """
    strategy, prompt = named(label, bench.overlay)

    def ranker(llm: LLM, names: Path | None) -> Ranker:
        return build_ranker(llm, strategy, prompt=prompt, overlay=bench.overlay, names=names)

    expert = GeneralExpert(ranker(bench.llm, bench.names), bench.fusions, bench.ties)

    def rehearse(counter: TokenCounter) -> tuple[GeneralExpert, list[Request]]:
        llm, requests = recording_llm(bench.llm.name, bench.llm.strategy, counter)
        return GeneralExpert(ranker(llm, None), bench.fusions, bench.ties), requests

    return Arm(label, expert, rehearse, _identity(expert), _salt(expert, bench))


def _identity(expert: GeneralExpert) -> dict[str, str]:
    prompts = [f"{prompt.ref} {prompt.hash[:_HASH_DIGITS]}" for prompt in expert.ranker.prompts]
    return {"strategy": expert.strategy, "prompts": ", ".join(prompts), "model": expert.model}


def _salt(expert: GeneralExpert, bench: Bench) -> dict[str, str]:
    """Everything but the prompts: what they say shows in what is sent."""
    choice, surety = bench.fusions.of(expert.key, expert.kind)
    return {
        "model": expert.model,
        "kind": expert.kind,
        "fusion": choice.model_dump_json() + surety.model_dump_json(),
        "explain prompt": load_prompt(EXPLAIN_PROMPT, overlay=bench.overlay).hash,
        **bench.address,
    }


def named(label: str, overlay: Path | None) -> tuple[str, str | None]:
    """Strategy and prompt that a label names; no prompt stands for the strategy's own.

    Raises:
        SettingsError, PromptError: as `open_arms`.
    """
    strategy, assigned, prompt = label.partition(ASSIGNED_BY)
    if assigned:
        strategy_of(strategy)
        return strategy, prompt
    if set(label.split(JOINED_BY)) <= set(STRATEGIES):
        strategy_of(label)
        return label, None
    found = load_prompt(label, overlay=overlay)
    own = next((s.name for s in STRATEGIES.values() if s.prompt == found.name), None)
    by_output = _BY_OUTPUT.get(found.front_matter.output)
    if own is None and by_output is None:
        raise PromptError(
            f"Prompt `{found.ref}` asks for {found.front_matter.output!r}, which puts no category first.",
            fix=f"Compare prompts whose `output` is one of {', '.join(_BY_OUTPUT)}, or strategies.",
        )
    return own or by_output or "", label
