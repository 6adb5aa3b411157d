"""`dual-expert prompts`: the versions of every prompt, and what they send."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.bundles import expanded
from app.commands import prompts_compare, prompts_render, prompts_suggest
from app.exits import OK
from app.options import OutputOptions
from app.output import Output, plain, table
from catalog.errors import PromptError, SettingsError

if TYPE_CHECKING:
    from prompts.prompt import Prompt

Overlay = Annotated[
    Path | None, typer.Option("--prompts", metavar="DIR", help="Your own prompts, before ours.")
]
OwnFolder = Annotated[Path, typer.Option("--prompts", metavar="DIR", help="Folder of your own prompts.")]
Reference = Annotated[
    str, typer.Argument(metavar="PROMPT", help="Such as `general_expert/rank.v1`, or without `.v1`.")
]


def group() -> typer.Typer:
    """The command and its subcommands."""
    app = typer.Typer(help="Versions of prompts: read, render, draft, compare, promote.")
    app.command("list")(expanded(list_prompts))
    app.command("show")(expanded(show))
    app.command("render")(expanded(prompts_render.render))
    app.command("diff")(expanded(diff))
    app.command("new")(expanded(new))
    app.command("promote")(expanded(promote))
    app.command("compare")(expanded(prompts_compare.compare))
    app.command("suggest")(expanded(prompts_suggest.suggest))
    return app


def list_prompts(output: OutputOptions, prompts: Overlay = None) -> int:
    """Every version of every prompt."""
    from prompts.loader import list_prompts as listed

    found = listed(prompts)
    shown = table(f"{len(found)} prompts", "prompt", "state", "locale", "parent")
    shown.add_column("note", overflow="fold")
    shown.columns[0].no_wrap = True
    documents = [_document(prompt, prompts) for prompt in found]
    for each in documents:
        shown.add_row(each["prompt"], each["state"], each["locale"], each["parent"], plain(each["note"]))
    Output(output).show({"prompts": documents}, shown)
    return OK


def show(reference: Reference, output: OutputOptions, prompts: Overlay = None) -> int:
    """The file of a prompt, and what is known of it."""
    from prompts.loader import load_prompt

    prompt = load_prompt(reference, overlay=prompts)
    text = prompt.path.read_text("utf-8")
    about = _document(prompt, prompts)
    lines = (f"{name}: {plain(str(value))}" for name, value in about.items())
    Output(output).show({**about, "text": text}, "\n".join(lines), "", text.rstrip("\n"))
    return OK


def diff(
    before: Reference,
    after: Annotated[str, typer.Argument(metavar="OTHER", help="The version to hold against it.")],
    output: OutputOptions,
    prompts: Overlay = None,
) -> int:
    """What one version says that another does not."""
    from prompts.difference import changed_words, diff_lines
    from prompts.loader import load_prompt

    first, second = (load_prompt(name, overlay=prompts) for name in (before, after))
    lines, (gone, come) = diff_lines(first, second), changed_words(first, second)
    document = {"before": first.ref, "after": second.ref, "words_gone": gone, "words_come": come}
    summary = f"{gone} words went, {come} came." if lines else "They are the same."
    Output(output).show({**document, "lines": lines}, "\n".join(lines), summary)
    return OK


def new(
    parent: Reference,
    output: OutputOptions,
    prompts: OwnFolder,
    note: Annotated[str, typer.Option(help="What this version tries, in a sentence.")],
) -> int:
    """Copy a version into your own folder under the next number."""
    from prompts.drafting import draft
    from prompts.loader import load_prompt

    made = draft(load_prompt(parent, overlay=prompts if prompts.is_dir() else None), prompts, note)
    Output(output).show(
        {"prompt": made.ref, "path": str(made.path)}, f"Edit {made.path}; it is `{made.ref}`."
    )
    return OK


def promote(reference: Reference, output: OutputOptions, prompts: OwnFolder) -> int:
    """Release a version of your own: it never changes again, and is the one taken by its bare name."""
    from prompts.files import SHIPPED, parse_ref
    from prompts.loader import released_refs
    from prompts.manifest import MANIFEST, release

    ref = parse_ref(reference)
    if ref is None:
        raise PromptError(f"{reference!r} names no version.", fix="Name it like `general_expert/rank.v2`.")
    if prompts.resolve() == SHIPPED.resolve():
        raise SettingsError(
            "The prompts that ship are released by their own command.",
            fix=f"Run `python -m prompts.manifest --release {reference}`.",
        )
    prompt = release(ref, prompts, parents=released_refs())
    Output(output).show(
        {"prompt": prompt.ref, "sha256": prompt.hash, "manifest": str(prompts / MANIFEST)},
        f"`{prompt.ref}` is released in {prompts / MANIFEST}.",
    )
    return OK


def _document(prompt: "Prompt", overlay: Path | None) -> dict[str, Any]:
    front = prompt.front_matter
    return {
        "prompt": prompt.ref,
        "state": _state(prompt, overlay),
        "output": front.output,
        "variables": list(front.variables),
        "locale": front.locale,
        "parent": front.parent,
        "note": front.note,
        "sha256": prompt.hash,
        "path": str(prompt.path),
    }


def _state(prompt: "Prompt", overlay: Path | None) -> str:
    """Whose file it is, and whether it may still be edited."""
    from prompts.files import SHIPPED
    from prompts.manifest import read_manifest, read_own_manifest

    shipped = prompt.path.is_relative_to(SHIPPED)
    entries = read_manifest(SHIPPED) if shipped else read_own_manifest(overlay or prompt.path.parent.parent)
    entry = entries.get(prompt.id)
    if entry is None:
        return "draft" if shipped else "own draft"
    if entry.sha256 != prompt.hash:
        return "edited after release"
    return "released" if shipped else "own, released"
