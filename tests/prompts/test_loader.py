from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import PromptError
from prompts.files import parse_ref
from prompts.loader import list_prompts, load_prompt
from prompts.manifest import release

WritePrompt = Callable[..., Path]


@pytest.fixture
def add(write_prompt: WritePrompt) -> Callable[..., None]:
    def add_prompt(root: Path, ref: str, text: str, *, released: bool = False) -> None:
        write_prompt(root, ref, f"## user\n{text}\n")
        parsed = parse_ref(ref)
        if released and parsed:
            release(parsed, root)

    return add_prompt


def said(name: str, overlay: Path | None = None) -> str:
    return load_prompt(name, overlay=overlay).messages()[0][1]


def test_the_newest_released_version_is_loaded(shipped: Path, add: Callable[..., None]) -> None:
    add(shipped, "a/x.v9", "nine", released=True)
    add(shipped, "a/x.v10", "ten", released=True)
    add(shipped, "a/x.v11", "draft")
    assert said("a/x") == "ten"
    assert said("a/x.v9") == "nine"
    assert said("a/x.v11") == "draft"


def test_the_overlay_wins(shipped: Path, add: Callable[..., None], tmp_path: Path) -> None:
    own = tmp_path / "own"
    add(shipped, "a/x.v1", "shipped 1", released=True)
    add(shipped, "a/x.v3", "shipped 3", released=True)
    add(shipped, "a/y.v1", "shipped y", released=True)
    add(own, "a/x.v1", "own 1")
    add(own, "a/x.v2", "own 2")
    assert said("a/x", own) == "own 2"
    assert said("a/x.v1", own) == "own 1"
    assert said("a/x.v3", own) == "shipped 3"
    assert said("a/y", own) == "shipped y"
    assert said("a/x") == "shipped 3"
    assert load_prompt("a/x.v1", overlay=own).hash != load_prompt("a/x.v1").hash


def test_a_draft_alone_is_not_taken_for_released(shipped: Path, add: Callable[..., None]) -> None:
    add(shipped, "a/x.v1", "draft")
    with pytest.raises(PromptError, match=r"`a/x` has no released version.*--release a/x\.v1"):
        load_prompt("a/x")


@pytest.mark.parametrize(
    ("name", "close"),
    [("a/rnk", "a/rank"), ("a/rank.v2", "a/rank.v1"), ("../a/rank.v1", "a/rank.v1"), ("rank", "a/rank")],
)
def test_an_unknown_prompt(shipped: Path, add: Callable[..., None], name: str, close: str) -> None:
    add(shipped, "a/rank.v1", "x", released=True)
    with pytest.raises(PromptError, match=rf"no prompt `{name}`. Fix: Did you mean `{close}`\?"):
        load_prompt(name)


def test_an_unknown_prompt_where_there_is_none(shipped: Path) -> None:
    with pytest.raises(PromptError, match=r"no prompt `a/x`\.$"):
        load_prompt("a/x")


def test_a_wrong_overlay_folder_is_refused(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no prompt folder"):
        load_prompt("a/x", overlay=tmp_path / "nowhere")


def test_all_prompts_are_listed_once(shipped: Path, add: Callable[..., None], tmp_path: Path) -> None:
    own = tmp_path / "own"
    for ref in ("b/x.v1", "a/x.v10", "a/x.v2"):
        add(shipped, ref, "shipped")
    add(own, "a/x.v2", "own")
    add(own, "a/z.v1", "own")
    listed = list_prompts(own)
    assert [prompt.ref for prompt in listed] == ["a/x.v2", "a/x.v10", "a/z.v1", "b/x.v1"]
    assert listed[0].path.is_relative_to(own)
    assert [prompt.ref for prompt in list_prompts()] == ["a/x.v2", "a/x.v10", "b/x.v1"]


def test_a_broken_file_is_named(shipped: Path, tmp_path: Path, write_prompt: WritePrompt) -> None:
    write_prompt(tmp_path / "own", "a/x.v1", "## user\n{{ title }}\n")
    with pytest.raises(PromptError, match=r"`a/x.v1` \('.*x.v1.jinja'\): The body uses `title`"):
        load_prompt("a/x", overlay=tmp_path / "own")
