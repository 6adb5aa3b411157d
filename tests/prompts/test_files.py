from pathlib import Path

import pytest

from catalog.errors import PromptError
from prompts.files import Ref, parse_ref, prompt_files


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_a_reference_reads_back() -> None:
    assert parse_ref("general_expert/rank.v12") == Ref("general_expert/rank", 12)
    assert str(Ref("general_expert/rank", 12)) == "general_expert/rank.v12"


@pytest.mark.parametrize(
    "text", ["rank.v1", "a/rank", "a/rank.v0", "a/rank.v01", "a/b/rank.v1", "a/Rank.v1", "../rank.v1"]
)
def test_what_is_no_reference(text: str) -> None:
    assert parse_ref(text) is None


def test_files_come_by_name_and_number(tmp_path: Path) -> None:
    for name in ("b/x.v1", "a/x.v10", "a/x.v2"):
        touch(tmp_path / f"{name}.jinja")
    touch(tmp_path / "a" / "notes.md")
    assert [str(ref) for ref in prompt_files(tmp_path)] == ["a/x.v2", "a/x.v10", "b/x.v1"]


@pytest.mark.parametrize(
    "name", ["x.v1.jinja", "a/x.jinja", "a/x.v1.5.jinja", "a/b/x.v1.jinja", "A/x.v1.jinja"]
)
def test_a_misnamed_file_is_refused(tmp_path: Path, name: str) -> None:
    touch(tmp_path / name)
    with pytest.raises(PromptError, match="misplaced or misnamed"):
        prompt_files(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"no prompt folder '.*nowhere'"):
        prompt_files(tmp_path / "nowhere")
