"""Says when the encoder is free again, so that the next chunk goes in while this one is still ranked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from graph.context import Experts

if TYPE_CHECKING:
    from retrieval.encoder.base import Encoder, Vectors

# LangGraph hands the context of the calling thread on to its nodes.
_FREED: ContextVar[Callable[[], None] | None] = ContextVar("encoder_freed", default=None)


class TurnEncoder:
    """An encoder that tells whose turn has ended."""

    def __init__(self, encoder: "Encoder") -> None:
        self._encoder = encoder

    def encode(self, texts: Sequence[str]) -> "Vectors":
        try:
            return self._encoder.encode(texts)
        finally:
            if freed := _FREED.get():
                freed()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def taking_turns(experts: Experts) -> Experts:
    """The same experts; their encoder speaks up as `encoder_turn` asks."""
    domain_expert = experts.domain_expert
    turned = cast("Encoder", TurnEncoder(domain_expert.encoder))
    return replace(experts, domain_expert=replace(domain_expert, encoder=turned))


@contextmanager
def encoder_turn(freed: Callable[[], None]) -> Iterator[None]:
    """Within it, `freed` is called whenever an encoder pass ends, and at the end in any case."""
    token = _FREED.set(freed)
    try:
        yield
    finally:
        _FREED.reset(token)
        freed()
