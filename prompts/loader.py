"""Prompts by name: the user's own folder first, then those that ship."""

from collections.abc import Iterable
from pathlib import Path

from catalog.errors import PromptError
from prompts.files import SHIPPED, Ref, parse_ref, prompt_files
from prompts.manifest import read_manifest
from prompts.prompt import Prompt, read_prompt
from prompts.spelling import did_you_mean

__all__ = ["Prompt", "list_prompts", "load_prompt"]


def load_prompt(name: str, *, overlay: Path | None = None) -> Prompt:
    """The prompt of a name.

    Args:
        name: `general_expert/rank.v2` for that very version; `general_expert/rank` for the newest one in
            `overlay`, or if it holds none, for the newest released one of those that ship.
        overlay: the user's own folder, laid out like the shipped one; its files win over shipped ones.

    Raises:
        PromptError: there is no such prompt, it was not released, or its file breaks a rule.
    """
    shipped, own = prompt_files(SHIPPED), _own_files(overlay)
    files = shipped | own
    ref = parse_ref(name) or _newest(name, own) or _newest(name, _released(shipped))
    if ref is None or ref not in files:
        raise _not_found(name, files)
    return read_prompt(ref, files[ref])


def list_prompts(overlay: Path | None = None) -> list[Prompt]:
    """Every version of every prompt, by name and number; a file in `overlay` hides the shipped one.

    Raises:
        PromptError: a file breaks a rule.
    """
    files = prompt_files(SHIPPED) | _own_files(overlay)
    return [read_prompt(ref, path) for ref, path in sorted(files.items())]


def _own_files(overlay: Path | None) -> dict[Ref, Path]:
    return {} if overlay is None else prompt_files(overlay)


def _released(files: dict[Ref, Path]) -> list[Ref]:
    entries = read_manifest(SHIPPED)
    return [ref for ref in files if ref in entries]


def _newest(name: str, refs: Iterable[Ref]) -> Ref | None:
    return max((ref for ref in refs if ref.name == name), default=None)


def _not_found(name: str, files: dict[Ref, Path]) -> PromptError:
    drafts = [str(ref) for ref in files if ref.name == name]
    if drafts:
        return PromptError(
            f"Prompt `{name}` has no released version.",
            fix=f"Run `python -m prompts.manifest --release {drafts[-1]}`, or load `{drafts[-1]}` itself.",
        )
    known = {ref.name for ref in files} | {str(ref) for ref in files}
    return PromptError(f"There is no prompt `{name}`.", fix=did_you_mean(name, sorted(known)))
