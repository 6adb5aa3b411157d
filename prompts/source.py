"""A prompt file taken apart, before anything is rendered.

::

    +++
    variables = ["title"]
    output = "Ranking"
    note = "What is new in this version."
    +++
    ## system
    You sort products.
    ## user
    <product>{{ title | data }}</product>

Every line that begins with exactly two `#` is a marker. A chat prompt has `## system` (optional), then pairs
of `## user` and `## assistant` as examples, then the last `## user`. A prompt whose output is `likelihood`
has `## head`, the same for all products, and `## case`. Markers are looked for here only, in the file itself,
so a rendered product can never forge one.
"""

import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise, takewhile

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from catalog.errors import PromptError
from prompts.spelling import did_you_mean

LIKELIHOOD = "likelihood"
MARKERS = ("system", "user", "assistant", "head", "case")

_FENCE = "+++"
_MARKER = re.compile(r"\s*##(?!#).*")
_CHAT_ORDER = re.compile(r"(system )?(user assistant )*user")


class FrontMatter(BaseModel):
    """What a prompt file says of itself.

    Attributes:
        variables: exactly those that the body uses.
        output: name of the answer's schema, or `text`, or `likelihood`.
        locale: BCP 47 tag of the language it is for; empty for any.
        parent: the version it was derived from, such as `rank.v1` of the same agent; empty for none.
        note: what this version is about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variables: tuple[str, ...]
    output: str = Field(pattern=r"^[A-Za-z]\w*$")
    locale: str = ""
    parent: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*\.v[1-9][0-9]*)?$")
    note: str = Field(min_length=1)

    @field_validator("variables")
    @classmethod
    def _each_once(cls, variables: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(variables)) < len(variables):
            raise ValueError("a variable is listed twice")
        return variables


@dataclass(frozen=True)
class Block:
    """The template source under one marker, from its first line that is not blank.

    Attributes:
        line: where `text` begins in the file, from 1.
    """

    marker: str
    text: str
    line: int


def parse(text: str) -> tuple[FrontMatter, tuple[Block, ...]]:
    """Front matter and blocks of a prompt file's text.

    Raises:
        PromptError: it breaks a rule; the message does not name the file.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise PromptError(
            f"There is no front matter between two `{_FENCE}` lines at the top.",
            fix=f"Begin the file with a line `{_FENCE}`.",
        )
    end = lines.index(_FENCE, 1)
    front_matter = _front_matter("\n".join(["", *lines[1:end]]))  # keeps TOML's line numbers right
    blocks = _blocks(lines, end + 1)
    _check_order([block.marker for block in blocks], front_matter.output)
    return front_matter, blocks


def _front_matter(toml: str) -> FrontMatter:
    try:
        return FrontMatter.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"The front matter is not TOML: {error}.") from error
    except ValidationError as error:
        raise _front_matter_error(error) from error


def _front_matter_error(error: ValidationError) -> PromptError:
    # An unknown key first: it often is the misspelt one that is also reported as missing.
    problem = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    key = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        fix = did_you_mean(key, FrontMatter.model_fields)
        return PromptError(f"`{key}` is not a front matter key.", fix=fix)
    if problem["type"] == "missing":
        return PromptError(f"The front matter misses `{key}`.", fix=f"Add `{key} = …` to it.")
    return PromptError(f"In the front matter `{key}` is {problem['input']!r}: {problem['msg']}.")


def _blocks(lines: list[str], first: int) -> tuple[Block, ...]:
    """Blocks of the body, which begins at index `first` of the file's lines."""
    starts = [index for index in range(first, len(lines)) if _MARKER.fullmatch(lines[index])]
    before = lines[first : starts[0] if starts else len(lines)]
    if not starts or any(line.strip() for line in before):
        raise PromptError("The body does not begin with a marker.", fix="Begin it with, say, `## user`.")
    return tuple(_block(lines, start, end) for start, end in pairwise([*starts, len(lines)]))


def _block(lines: list[str], start: int, end: int) -> Block:
    line, markers = lines[start].rstrip(), {f"## {marker}": marker for marker in MARKERS}
    if line not in markers:
        raise PromptError(
            f"Line {start + 1} is {line!r}, which is not a marker.",
            fix=f"{did_you_mean(line.strip(), markers)} Headings in the text take `###`.",
        )
    begin = start + 1 + sum(1 for _ in takewhile(lambda line: not line.strip(), lines[start + 1 : end]))
    if begin >= end:
        raise PromptError(f"`{line}` at line {start + 1} is empty.", fix="Write its text or remove it.")
    return Block(markers[line], "\n".join(lines[begin:end]) + "\n", begin + 1)


def _check_order(markers: list[str], output: str) -> None:
    if output == LIKELIHOOD:
        fits, rule = markers == ["head", "case"], "`## head`, then `## case`"
    else:
        fits = _CHAT_ORDER.fullmatch(" ".join(markers)) is not None
        rule = "an optional `## system`, pairs of `## user` and `## assistant`, and a last `## user`"
    if not fits:
        shown = ", ".join(f"`## {marker}`" for marker in markers)
        raise PromptError(f"The blocks of a prompt for {output!r} cannot be {shown}.", fix=f"Write {rule}.")
