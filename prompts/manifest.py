"""Which prompt versions are released: `manifest.toml` holds the hash of each, so that none changes unseen.

`python -m prompts.manifest --check` compares the files with it; `--release general_expert/rank.v2` adds one.
A folder of the user's own may have a manifest too; `dual-expert prompts promote` writes it.
"""

import argparse
import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from catalog.errors import PromptError
from prompts.files import SHIPPED, Ref, parse_ref, prompt_files
from prompts.prompt import Prompt, read_prompt

MANIFEST = "manifest.toml"

_COMMAND = "python -m prompts.manifest"
_HEADER = f"# Released prompt versions. Written by `{_COMMAND} --release REF`, never by hand.\n"


class Entry(BaseModel):
    """A released version: SHA-256 of its file, and the version it was derived from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parent: str


_ENTRIES = TypeAdapter(dict[str, Entry])


def read_manifest(root: Path) -> dict[Ref, Entry]:
    """Released versions of the prompts below `root`.

    Raises:
        PromptError: the manifest is missing or damaged.
    """
    path = root / MANIFEST
    try:
        entries = _ENTRIES.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PromptError(
            f"Prompt manifest {str(path)!r} cannot be read: {error}.", fix="Restore it from version control."
        ) from error
    return {_required_ref(ref): entry for ref, entry in entries.items()}


def read_own_manifest(root: Path) -> dict[Ref, Entry]:
    """As `read_manifest`; empty where nothing was promoted in the folder yet.

    Raises:
        PromptError: the manifest is damaged.
    """
    return read_manifest(root) if (root / MANIFEST).is_file() else {}


def refuse_edited(prompt: Prompt, entries: Mapping[Ref, Entry]) -> None:
    """A released version is never edited.

    Raises:
        PromptError: the prompt is released and its file was changed since.
    """
    entry = entries.get(prompt.id)
    if entry and entry.sha256 != prompt.hash:
        following = Ref(prompt.name, _highest(prompt.id, entries) + 1)
        raise PromptError(
            f"`{prompt.ref}` ({str(prompt.path)!r}) differs from its release.",
            fix=f"Put its text back, and make `{following}` of yours.",
        )


def check(root: Path) -> list[str]:
    """What is wrong with the prompts below `root`, one sentence each; empty when all is well.

    Raises:
        PromptError: the manifest, or a prompt file, breaks a rule.
    """
    entries, files = read_manifest(root), prompt_files(root)
    gone = sorted(entries.keys() - files.keys())
    problems = [f"`{ref}` is released, but its file is missing; restore it." for ref in gone]
    problems += [_problem(read_prompt(ref, path), ref, entries) for ref, path in files.items()]
    return [problem for problem in problems if problem]


def release(ref: Ref, root: Path, parents: Collection[Ref] = ()) -> Prompt:
    """Enter a version into the manifest; one that stands there unchanged is left as it is.

    Args:
        parents: released elsewhere, that a version may be derived from.

    Raises:
        PromptError: there is no such file, it breaks a rule, was edited after its release, or its parent is
            not released.
    """
    entries, files = read_own_manifest(root), prompt_files(root)
    if ref not in files:
        raise PromptError(f"There is no prompt file for `{ref}` in {str(root)!r}.", fix="Write it first.")
    prompt = read_prompt(ref, files[ref])
    entries.setdefault(ref, Entry(sha256=prompt.hash, parent=prompt.front_matter.parent))
    if problem := _problem(prompt, ref, entries, parents):
        raise PromptError(problem)
    _write(root / MANIFEST, entries)
    return prompt


def _problem(prompt: Prompt, ref: Ref, entries: Mapping[Ref, Entry], parents: Collection[Ref] = ()) -> str:
    if ref not in entries:
        return f"`{ref}` has no entry in `{MANIFEST}`; run `{_COMMAND} --release {ref}`."
    if entries[ref].sha256 != prompt.hash:
        following = _highest(ref, entries) + 1
        return f"`{ref}` differs from its release; a released version is never edited: make v{following}."
    parent = prompt.front_matter.parent
    if parent and _parent_ref(ref, parent) not in (entries.keys() | set(parents)) - {ref}:
        return f"The parent `{parent}` of `{ref}` is not released; release it first or correct `parent`."
    return ""


def _highest(ref: Ref, entries: Mapping[Ref, Entry]) -> int:
    return max(other.version for other in entries if other.name == ref.name)


def _parent_ref(ref: Ref, parent: str) -> Ref:
    return _required_ref(f"{ref.name.partition('/')[0]}/{parent}")


def _required_ref(text: str) -> Ref:
    ref = parse_ref(text)
    if ref is None:
        raise PromptError(f"{text!r} is no prompt version.", fix="Write it like `general_expert/rank.v1`.")
    return ref


def _write(path: Path, entries: dict[Ref, Entry]) -> None:
    # Names, hashes and parents hold no character that TOML would want escaped.
    tables = [
        f'["{ref}"]\nsha256 = "{entry.sha256}"\nparent = "{entry.parent}"\n'
        for ref, entry in sorted(entries.items())
    ]
    path.write_text("\n".join([_HEADER, *tables]), encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns 0 when all is well, 1 when the check found something, 2 when it could not run."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Released prompt versions.")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--check", action="store_true", help="compare all prompt files with the manifest")
    task.add_argument("--release", metavar="REF", help="enter a version, such as general_expert/rank.v2")
    options = parser.parse_args(arguments)
    try:
        if options.release:
            release(_required_ref(options.release), SHIPPED)
            print(f"Released `{options.release}`.")
            return 0
        problems = check(SHIPPED)
    except PromptError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(problems) or "All prompt files stand as released.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
