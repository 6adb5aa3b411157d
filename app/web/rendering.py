"""Replies as HTML. Every value is escaped by the environment: product text is data."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.chat.records import Outcome
from app.chat.rendering.texts import milliseconds, money
from app.chat.replies import Reply
from app.web.drawing import Light, draw, lights_of
from app.web.texts import clues_of, gate_words, pieces, seconds, tokens
from catalog.product import PATH_SEPARATOR
from catalog.text import normalise

TEMPLATES: Final = Path(__file__).parent / "templates"


def html(template: str, **values: object) -> str:
    """A template of ours with values of anybody.

    Args:
        template: its name without the ending.
    """
    return _environment().get_template(f"{template}.html.jinja").render(**values)


def reply_html(reply: Reply) -> str:
    return html("reply", kind=reply.kind, body=reply.body)


def lights(outcome: Outcome) -> dict[str, Light]:
    """The path an outcome took; of a fork, with what it took over."""
    ran = [step.node for step in outcome.steps]
    return lights_of(ran, () if "recommend" in ran else ("recommend",))


def times(outcome: Outcome) -> dict[str, str]:
    return {step.node: milliseconds(step.ms) for step in outcome.steps}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clues": clues_of,
        "gate": gate_words,
        "lights": lights,
        "money": money,
        "ms": milliseconds,
        "parts_of": lambda path: path.split(PATH_SEPARATOR),
        "pieces": pieces,
        "plain": normalise,
        "seconds": seconds,
        "times": times,
        "tokens": tokens,
    }
    environment.globals |= {"draw": draw, "lights_of": lights_of}
    return environment
