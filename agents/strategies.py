"""Every strategy of the general expert by name: what it shows of the candidates, what it asks, with which
prompt (Cheng et al., 2024, section 3.2, Figure 3 and Table 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from agents.fusion import Kind
from catalog.errors import SettingsError
from catalog.settings import STRATEGY_PARTS

Shown = Literal["leaf", "path", "name"]
Asked = Literal["choose", "rank", "reason", "likelihood"]

JOINED_BY: Final = "+"
KINDS: Final[Mapping[Asked, Kind]] = {
    "choose": "choose",
    "rank": "rank",
    "reason": "rank",
    "likelihood": "likelihood",
}


@dataclass(frozen=True)
class Strategy:
    """How the general expert works on a case.

    Attributes:
        shown: what a candidate is called: its leaf, its full path or a descriptive name that a model wrote.
        definitions, neighbours: whether these are shown beside the candidates.
        asked: choose one, rank them, reason and then rank, or have their likelihood measured.
        prompt: its name, without version.
    """

    name: str
    prompt: str
    asked: Asked = "choose"
    shown: Shown = "path"
    definitions: bool = False
    neighbours: bool = False

    @property
    def kind(self) -> Kind:
        """Which features it gives to fusion."""
        return KINDS[self.asked]


# From the weakest demand to the strongest: in a combination the strongest decides what is asked.
STRATEGIES: Final[Mapping[str, Strategy]] = {
    s.name: s
    for s in (
        Strategy("zero_shot", "general_expert/zero_shot"),
        Strategy("leaf", "general_expert/leaf", shown="leaf"),
        Strategy("full_path", "general_expert/full_path"),
        Strategy("name", "general_expert/name", shown="name"),
        Strategy("definition", "general_expert/definition", definitions=True),
        Strategy("neighbours", "general_expert/neighbours", neighbours=True),
        Strategy("primary_function", "general_expert/primary_function"),
        Strategy("rank", "general_expert/rank", "rank"),
        Strategy("cot_rank", "general_expert/cot_rank", "reason", definitions=True, neighbours=True),
        Strategy("likelihood", "general_expert/likelihood", "likelihood", definitions=True, neighbours=True),
    )
}
DEFAULTS: Final[Mapping[Literal["likelihood", "rank"], str]] = {
    "likelihood": "likelihood",
    "rank": "cot_rank",
}
"""By how a model ranks best."""
_SHOW = frozenset({"leaf", "full_path", "name"})


def strategy_of(name: str) -> Strategy:
    """A strategy, or several joined by `+`, such as `name+definition+rank`.

    A combination asks as its most demanding part does, calls candidates as the part that says so, and shows
    everything that any part shows.

    Raises:
        SettingsError: an unknown part, one that stands twice, or two that call candidates differently.
    """
    parts = name.split(JOINED_BY)
    unknown = [part for part in parts if part not in STRATEGIES]
    if unknown:
        raise SettingsError(
            f"{unknown[0]!r} is not a strategy.",
            fix=f"Take one or several, joined by `+`, of {', '.join(STRATEGY_PARTS)}.",
        )
    if len(set(parts)) < len(parts) or len(_SHOW.intersection(parts)) > 1:
        raise SettingsError(
            f"The strategy {name!r} names a part twice or calls candidates in two ways.",
            fix="Take at most one of `leaf`, `full_path` and `name`, and every part once.",
        )
    return _combined([s for s in STRATEGIES.values() if s.name in parts])


def _combined(parts: list[Strategy]) -> Strategy:
    """Args:
    parts: weakest demand first.
    """
    strongest = parts[-1]
    if len(parts) == 1:
        return strongest
    return Strategy(
        name=JOINED_BY.join(part.name for part in parts),
        prompt=strongest.prompt,
        asked=strongest.asked,
        shown=next((part.shown for part in parts if part.name in _SHOW), "path"),
        definitions=any(part.definitions for part in parts),
        neighbours=any(part.neighbours for part in parts),
    )
