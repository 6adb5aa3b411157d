"""Prompts by name: the user's own folder first, then those that ship."""

from collections.abc import Iterable
from pathlib import Path

from catalog.errors import PromptError
from prompts.files import SHIPPED, SUFFIX, Ref, parse_ref, prompt_files
from prompts.manifest import Entry, read_manifest, read_own_manifest, refuse_edited
from prompts.prompt import Prompt, read_prompt
from prompts.spelling import did_you_mean

__all__ = ["Prompt", "list_prompts", "load_prompt", "load_prompt_file", "released_refs"]


def load_prompt(name: str, *, overlay: Path | None = None) -> Prompt:
    """The prompt of a name.

    Args:
        name: `general_expert/rank.v2` for that very version; `general_expert/rank` for the newest promoted
            one in `overlay`, where none is promoted the newest one there, and if it holds none, for the
            newest released one of those that ship; a path that ends with `.jinja` for that file.
        overlay: the user's own folder, laid out like the shipped one; its files win over shipped ones.

    Raises:
        PromptError: there is no such prompt, it was not released, its file breaks a rule or was edited after
            it was promoted.
    """
    if name.endswith(SUFFIX):
        return load_prompt_file(Path(name))
    shipped, own = prompt_files(SHIPPED), _own_files(overlay)
    files, promoted = shipped | own, _promoted(overlay)
    ref = (
        parse_ref(name)
        or _newest(name, own.keys() & promoted.keys())
        or _newest(name, own)
        or _newest(name, _released(shipped))
    )
    if ref is None or ref not in files:
        raise _not_found(name, files)
    prompt = read_prompt(ref, files[ref])
    if ref in own:
        refuse_edited(prompt, promoted)
    return prompt


def load_prompt_file(path: Path) -> Prompt:
    """A prompt in a file of any name, such as a draft; called by the file's name, version 1.

    A file named as prompt files are, `<agent>/<name>.v<N>.jinja`, keeps its name and version.

    Raises:
        PromptError: the file cannot be read or breaks a rule.
    """
    named = parse_ref("/".join(path.with_suffix("").parts[-2:]))
    return read_prompt(named or Ref(f"file/{path.stem}", 1), path)


def released_refs(overlay: Path | None = None) -> frozenset[Ref]:
    """The released versions that ship, and those promoted in `overlay`."""
    return frozenset(read_manifest(SHIPPED)) | frozenset(_promoted(overlay))


def list_prompts(overlay: Path | None = None) -> list[Prompt]:
    """Every version of every prompt, by name and number; a file in `overlay` hides the shipped one.

    Raises:
        PromptError: a file breaks a rule.
    """
    files = prompt_files(SHIPPED) | _own_files(overlay)
    return [read_prompt(ref, path) for ref, path in sorted(files.items())]


def _own_files(overlay: Path | None) -> dict[Ref, Path]:
    return {} if overlay is None else prompt_files(overlay)


def _promoted(overlay: Path | None) -> dict[Ref, Entry]:
    return {} if overlay is None else read_own_manifest(overlay)


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
