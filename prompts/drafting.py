"""A new version of a prompt: the text of its parent under the next number."""

import re
from pathlib import Path

from catalog.errors import PromptError
from prompts.files import Ref, prompt_files
from prompts.loader import list_prompts
from prompts.prompt import Prompt, read_prompt
from prompts.source import FrontMatter

_FENCE = "+++"


def draft(parent: Prompt, overlay: Path, note: str, body: str | None = None) -> Prompt:
    """Write the next version into the user's own folder, made where missing.

    Args:
        parent: what it is derived from.
        note: what is new; nobody remembers it later.
        body: everything behind the front matter; None takes the parent's.

    Returns:
        The new version, checked.

    Raises:
        PromptError: the note is empty, or what was written breaks a rule; then no file is left.
    """
    if not note.strip():
        raise PromptError("The new version has no note.", fix="Say in a sentence what it tries.")
    overlay.mkdir(parents=True, exist_ok=True)
    ref = Ref(parent.name, _next_version(parent.name, overlay))
    path = overlay / f"{ref}.jinja"
    path.parent.mkdir(parents=True, exist_ok=True)
    front = _front_matter(parent, note.strip())
    text = f"{_FENCE}\n{front}{_FENCE}\n{prompt_body(parent) if body is None else body}"
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    try:
        return read_prompt(ref, path)
    except PromptError:
        path.unlink()
        raise


def prompt_body(prompt: Prompt) -> str:
    """The file's text behind the front matter."""
    text = prompt.path.read_text("utf-8").replace("\r\n", "\n")
    return re.sub(r"\A\+\+\+\n.*?^\+\+\+\n", "", text, count=1, flags=re.DOTALL | re.MULTILINE)


def _next_version(name: str, overlay: Path) -> int:
    """Above every version that ships or stands in the folder, so that no file ever hides another."""
    known = [prompt.version for prompt in list_prompts() if prompt.name == name]
    known += [ref.version for ref in prompt_files(overlay) if ref.name == name]
    return max(known, default=0) + 1


def _front_matter(parent: Prompt, note: str) -> str:
    front: FrontMatter = parent.front_matter
    agent, _, short = parent.name.partition("/")
    derived = f"{short}.v{parent.version}" if agent != "file" else ""
    variables = ", ".join(_quoted(name) for name in front.variables)
    lines = [f"variables = [{variables}]", f"output = {_quoted(front.output)}"]
    lines += [f"locale = {_quoted(front.locale)}"] if front.locale else []
    lines += [f"parent = {_quoted(derived)}"] if derived else []
    return "".join(f"{line}\n" for line in [*lines, f"note = {_quoted(note)}"])


def _quoted(text: str) -> str:
    """A TOML string on one line."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
