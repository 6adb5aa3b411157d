"""One version of a prompt, checked and ready to be filled in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from catalog.errors import PromptError
from prompts.files import Ref
from prompts.source import LIKELIHOOD, Block, FrontMatter, parse
from prompts.spelling import did_you_mean
from prompts.template import render, used_variables


@dataclass(frozen=True)
class Prompt:
    """A prompt; pure data, so it can be pickled, compared and hashed.

    Attributes:
        name: agent and name, such as `general_expert/rank`.
        version: from 1.
        hash: SHA-256 of the file, hexadecimal.
        path: the file it was read from.
    """

    name: str
    version: int
    hash: str
    path: Path
    front_matter: FrontMatter
    blocks: tuple[Block, ...]

    @property
    def id(self) -> Ref:
        return Ref(self.name, self.version)

    @property
    def ref(self) -> str:
        """Name and version, such as `general_expert/rank.v1`."""
        return str(self.id)

    def messages(self, /, **variables: object) -> list[tuple[str, str]]:
        """Role and text of each chat message, white space around the text removed.

        Raises:
            PromptError: it is a likelihood prompt, a variable is missing or unknown, or the template fails.
        """
        if self.front_matter.output == LIKELIHOOD:
            raise self._error("It has no messages, because its output is `likelihood`.", "Call `.parts`.")
        return [(block.marker, text.strip()) for block, text in self._filled_in(variables)]

    def parts(self, /, **variables: object) -> tuple[str, str]:
        """Head and case of a likelihood prompt; the continuation to be scored goes behind `head + case`.

        The head is the same for all variables and keeps the line breaks before `## case`, so `head + case`
        reads like the file without its markers. White space around the case is removed.

        Raises:
            PromptError: it is a chat prompt, a variable is missing or unknown, or the template fails.
        """
        if self.front_matter.output != LIKELIHOOD:
            raise self._error("It has no parts, because it is a chat prompt.", "Call `.messages`.")
        (_, head), (_, case) = self._filled_in(variables)
        return head, case.strip()

    def _filled_in(self, variables: Mapping[str, object]) -> list[tuple[Block, str]]:
        self._check_given(variables)
        try:
            return [(block, render(block, variables)) for block in self.blocks]
        except PromptError as error:
            raise self._error(error.message, error.fix) from error

    def _check_given(self, given: Collection[str]) -> None:
        known = self.front_matter.variables
        if unknown := [name for name in given if name not in known]:
            raise self._error(f"It has no variable `{unknown[0]}`.", did_you_mean(unknown[0], known))
        if missing := [name for name in known if name not in given]:
            raise self._error(f"The variable `{missing[0]}` is missing.", f"Pass `{missing[0]}=…`.")

    def _error(self, message: str, fix: str) -> PromptError:
        return PromptError(f"Prompt `{self.ref}` ({str(self.path)!r}): {message}", fix=fix)


def read_prompt(ref: Ref, path: Path) -> Prompt:
    """Read and check one prompt file.

    Raises:
        PromptError: the file cannot be read or breaks a rule; the message names it.
    """
    try:
        content = path.read_bytes()
        front_matter, blocks = _checked(content)
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"Prompt `{ref}` ({str(path)!r}) cannot be read: {error}.") from error
    except PromptError as error:
        raise PromptError(f"Prompt `{ref}` ({str(path)!r}): {error.message}", fix=error.fix) from error
    return Prompt(ref.name, ref.version, sha256(content).hexdigest(), path, front_matter, blocks)


@lru_cache(maxsize=512)
def _checked(content: bytes) -> tuple[FrontMatter, tuple[Block, ...]]:
    """By content, so that a file that is edited is read anew and all others are not."""
    front_matter, blocks = parse(content.decode("utf-8"))
    _check_variables(front_matter, blocks)
    return front_matter, blocks


def _check_variables(front_matter: FrontMatter, blocks: tuple[Block, ...]) -> None:
    by_block = [used_variables(block) for block in blocks]
    if front_matter.output == LIKELIHOOD:
        _refuse(by_block[0], "`## head` uses {}, but all products share it.", "Move that to `## case`.")
    used, declared = set[str]().union(*by_block), set(front_matter.variables)
    _refuse(used - declared, "The body uses {}, which `variables` does not list.", "List or correct it.")
    _refuse(declared - used, "`variables` lists {}, which the body does not use.", "Take it off the list.")


def _refuse(names: set[str], message: str, fix: str) -> None:
    if names:
        raise PromptError(message.format(", ".join(f"`{name}`" for name in sorted(names))), fix=fix)
