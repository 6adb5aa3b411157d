"""Blocks as Jinja templates: sandboxed, strict, and the same text for the same variables."""

from collections.abc import Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template
from jinja2.exceptions import TemplateSyntaxError
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from catalog.errors import PromptError
from prompts.fence import data
from prompts.source import Block


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # prompts are text, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # `lipsum` and `random` differ from call to call, `range` can run for ever; a prompt needs none of them.
    environment.globals.clear()
    del environment.filters["random"]
    environment.filters["data"] = data
    return environment


_ENVIRONMENT = _environment()


def used_variables(block: Block) -> set[str]:
    """Names that the block takes from outside.

    Raises:
        PromptError: its Jinja is wrong or refers to another file.
    """
    try:
        tree = _ENVIRONMENT.parse(block.text)
        variables = find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        raise PromptError(f"Line {block.line + error.lineno - 1}: {error.message}") from error
    if any(True for _ in find_referenced_templates(tree)):
        raise PromptError(
            f"`## {block.marker}` refers to another template, so its hash would not tell what it says.",
            fix="Write that text into this file.",
        )
    return variables


def render(block: Block, variables: Mapping[str, object]) -> str:
    """The block's text.

    Raises:
        PromptError: an expression of the template failed.
    """
    try:
        return _compiled(block.text).render(variables)
    except Exception as error:  # expressions on callers' values can raise anything
        reason = str(error).rstrip(".")
        raise PromptError(f"`## {block.marker}` cannot be rendered: {reason}.") from error


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)
