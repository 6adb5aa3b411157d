import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import PromptError
from prompts import manifest
from prompts.files import SHIPPED, Ref
from prompts.loader import list_prompts
from prompts.manifest import MANIFEST, check, main, read_manifest, release

WritePrompt = Callable[..., Path]
COULD_NOT_RUN = 2
V1, V2 = Ref("a/x", 1), Ref("a/x", 2)


@pytest.fixture
def root(tmp_path: Path, write_prompt: WritePrompt) -> Path:
    (tmp_path / MANIFEST).write_text("")
    write_prompt(tmp_path, "a/x.v1", "## user\nHello\n")
    return tmp_path


def test_shipped_prompts_stand_as_released() -> None:
    assert check(SHIPPED) == []


def test_shipped_prompts_can_all_be_read() -> None:
    assert len(list_prompts()) == len(list(SHIPPED.rglob("*.jinja")))


def test_a_new_file_has_no_entry_until_it_is_released(root: Path) -> None:
    assert check(root) == [
        "`a/x.v1` has no entry in `manifest.toml`; run `python -m prompts.manifest --release a/x.v1`."
    ]
    release(V1, root)
    assert check(root) == []


def test_an_edited_release_is_found_and_never_entered_again(root: Path) -> None:
    release(V1, root)
    before = (root / MANIFEST).read_bytes()
    path = root / "a" / "x.v1.jinja"
    path.write_text(path.read_text() + " ")
    (problem,) = check(root)
    assert "a released version is never edited: make v2" in problem
    with pytest.raises(PromptError, match="make v2"):
        release(V1, root)
    assert (root / MANIFEST).read_bytes() == before


def test_a_lost_file_is_found(root: Path) -> None:
    release(V1, root)
    (root / "a" / "x.v1.jinja").unlink()
    assert check(root) == ["`a/x.v1` is released, but its file is missing; restore it."]


def test_the_parent_is_kept_and_must_be_released(root: Path, write_prompt: WritePrompt) -> None:
    write_prompt(root, "a/x.v2", "## user\nHi\n", parent="x.v1")
    with pytest.raises(PromptError, match=r"parent `x.v1` of `a/x.v2` is not released"):
        release(V2, root)
    release(V1, root)
    release(V2, root)
    assert {str(ref): entry.parent for ref, entry in read_manifest(root).items()} == {
        "a/x.v1": "",
        "a/x.v2": "x.v1",
    }


def test_a_version_cannot_be_its_own_parent(root: Path, write_prompt: WritePrompt) -> None:
    write_prompt(root, "a/x.v2", "## user\nHi\n", parent="x.v2")
    with pytest.raises(PromptError, match="is not released"):
        release(V2, root)


def test_releasing_twice_changes_nothing(root: Path) -> None:
    release(V1, root)
    before = (root / MANIFEST).read_bytes()
    release(V1, root)
    assert (root / MANIFEST).read_bytes() == before


def test_the_manifest_is_sorted_toml(root: Path, write_prompt: WritePrompt) -> None:
    for version in (10, 2):
        write_prompt(root, f"a/x.v{version}", "## user\nHi\n")
        release(Ref("a/x", version), root)
    release(V1, root)
    assert list(tomllib.loads((root / MANIFEST).read_text())) == ["a/x.v1", "a/x.v2", "a/x.v10"]


def test_what_is_broken_is_not_released(root: Path, write_prompt: WritePrompt) -> None:
    write_prompt(root, "a/x.v2", "## user\n{{ title }}\n")
    with pytest.raises(PromptError, match="uses `title`"):
        release(V2, root)
    with pytest.raises(PromptError, match=r"no prompt file for `a/x.v3`"):
        release(Ref("a/x", 3), root)
    assert read_manifest(root) == {}


@pytest.mark.parametrize("text", ["[", '["a/x.v1"]\nsha256 = "0"\nparent = ""', "a = 1", "[x]\nsha256 = 1"])
def test_a_damaged_manifest_is_refused(root: Path, text: str) -> None:
    (root / MANIFEST).write_text(text)
    with pytest.raises(PromptError, match="cannot be read"):
        check(root)


def test_a_missing_manifest_is_refused(root: Path) -> None:
    (root / MANIFEST).unlink()
    with pytest.raises(PromptError, match="cannot be read"):
        check(root)


def test_command_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manifest, "SHIPPED", root)
    assert main(["--check"]) == 1
    assert "has no entry" in capsys.readouterr().out
    assert main(["--release", "a/x.v1"]) == 0
    assert "Released `a/x.v1`" in capsys.readouterr().out
    assert main(["--check"]) == 0
    assert main(["--release", "a/x"]) == COULD_NOT_RUN
    assert "no prompt version" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([])
