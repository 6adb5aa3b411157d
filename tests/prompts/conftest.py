"""Prompt folders made on the spot."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from prompts import loader
from prompts.files import parse_ref
from prompts.manifest import MANIFEST
from prompts.prompt import Prompt, read_prompt

WritePrompt = Callable[..., Path]


@pytest.fixture
def write_prompt() -> WritePrompt:
    """Writes `<root>/<ref>.jinja` with a right front matter around the body."""

    def write(root: Path, ref: str, body: str, *, variables: Sequence[str] = (), **front: str) -> Path:
        path = root / f"{ref}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {"variables": list(variables), "output": "text", "note": "For a test."} | front
        lines = (f"{key} = {value!r}" for key, value in values.items())
        path.write_text("\n".join(["+++", *lines, "+++", body]))
        return path

    return write


@pytest.fixture
def read(tmp_path: Path, write_prompt: WritePrompt) -> Callable[..., Prompt]:
    """The prompt `tester/try.v1` with this body."""

    def read_body(body: str, **front: Any) -> Prompt:
        ref = parse_ref("tester/try.v1")
        assert ref is not None
        return read_prompt(ref, write_prompt(tmp_path, str(ref), body, **front))

    return read_body


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the prompts that ship."""
    root = tmp_path / "shipped"
    root.mkdir()
    (root / MANIFEST).write_text("")
    monkeypatch.setattr(loader, "SHIPPED", root)
    return root
