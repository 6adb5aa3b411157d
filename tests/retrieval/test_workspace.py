import pytest

from catalog.errors import WorkspaceError
from retrieval.gate import Gate
from retrieval.workspace import (
    FORMAT_VERSION,
    GATE,
    MANIFEST,
    Manifest,
    Workspace,
    building_folder,
    replacing,
    seal,
    write_json,
)

OPEN = Gate(
    threshold=0.8,
    target_accuracy=0.95,
    confidence=0.95,
    rows=100,
    coverage=0.7,
    accuracy=0.99,
    lower_bound=0.96,
)


def manifest(**changes):
    fields = {
        "format_version": FORMAT_VERSION,
        "created": "2026-01-01",
        "encoder": "embedded",
        "language_note": "",
        "inputs": {},
        "counts": {},
        "libraries": {},
        "files": {},
    }
    return Manifest(**(fields | changes))


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "ws"
    with replacing(target) as building:
        (building / "head.bin").write_bytes(b"weights")
        write_json(building / GATE, OPEN)
        write_json(building / MANIFEST, manifest(files=seal(building)))
    return target


def test_opens_what_was_written(folder):
    workspace = Workspace(folder)
    assert workspace.gate() == OPEN
    assert set(workspace.manifest.files) == {"head.bin"}


def test_missing_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceError, match="dual-expert train"):
        Workspace(tmp_path / "nowhere")


def test_half_written_folder_is_refused(tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "head.bin").write_bytes(b"x")
    with pytest.raises(WorkspaceError, match="half-written"):
        Workspace(tmp_path / "half")


def test_changed_file_is_named(folder):
    (folder / "head.bin").write_bytes(b"other")
    with pytest.raises(WorkspaceError, match=r"head\.bin` was changed"):
        Workspace(folder)


def test_missing_file_is_named(folder):
    (folder / "head.bin").unlink()
    with pytest.raises(WorkspaceError, match=r"head\.bin` is missing"):
        Workspace(folder)


def test_other_format_version_is_refused(folder):
    write_json(folder / MANIFEST, manifest(format_version=99))
    with pytest.raises(WorkspaceError, match="format 99"):
        Workspace(folder)


def test_damaged_manifest_is_refused(folder):
    (folder / MANIFEST).write_text("{", "utf-8")
    with pytest.raises(WorkspaceError, match="damaged"):
        Workspace(folder)


def test_gate_may_change_and_changes_the_fingerprint(folder):
    before = Workspace(folder).fingerprint
    write_json(folder / GATE, OPEN.model_copy(update={"threshold": 0.9}))
    assert Workspace(folder).fingerprint != before


def test_failure_while_building_leaves_the_old_workspace(folder):
    class Killed(Exception):
        pass

    def build():
        with replacing(folder) as building:
            (building / "head.bin").write_bytes(b"half")
            raise Killed

    with pytest.raises(Killed):
        build()
    assert Workspace(folder).gate() == OPEN
    assert building_folder(folder).is_dir()  # the next run continues here
