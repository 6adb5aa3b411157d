"""A workspace that follows from another: the same files, some of them written anew, sealed again."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from catalog.errors import WorkspaceError
from retrieval.index import VectorIndex
from retrieval.workspace import MANIFEST, Workspace, building_folder, replacing, seal, write_json


@contextmanager
def successor(workspace: Workspace, target: Path) -> Iterator[Path]:
    """A folder with the workspace's files, which takes the place of `target` when all went well.

    Sealed files are shared by hard links where the disk can: write one anew only after `anew`.

    Raises:
        WorkspaceError: something else stands in the target's place.
    """
    _refuse_foreign(workspace, target)
    shutil.rmtree(building_folder(target), ignore_errors=True)
    with replacing(target) as folder:
        for file in sorted(p for p in workspace.folder.rglob("*") if p.is_file()):
            name = file.relative_to(workspace.folder).as_posix()
            if name != MANIFEST:
                _place(file, folder / name, shared=name in workspace.manifest.files)
        yield folder


def anew(path: Path) -> Path:
    """The path, with what stands there taken away, so that a shared file is never written through."""
    path.unlink(missing_ok=True)
    return path


def write_index(index: VectorIndex, path: Path) -> None:
    """Write an index in the place of the old one."""
    for suffix in (".faiss", ".plan.json", ".npy"):
        anew(path.with_suffix(suffix))
    index.save(path)


def finish(folder: Path, workspace: Workspace, inputs: Mapping[str, str], counts: Mapping[str, int]) -> None:
    """Seal the folder and write its manifest, which makes it a workspace.

    Args:
        inputs: what was added to those of the old workspace, by name.
        counts: that changed.
    """
    old = workspace.manifest
    changed = {
        "inputs": {**old.inputs, **inputs},
        "counts": {**old.counts, **counts},
        "files": seal(folder),
    }
    write_json(folder / MANIFEST, old.model_copy(update=changed))


def _refuse_foreign(workspace: Workspace, target: Path) -> None:
    own = target.resolve() == workspace.folder.resolve()
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not own):
        raise WorkspaceError(f"`{target}` stands already.", fix="Name a folder that does not exist.")


def _place(source: Path, target: Path, *, shared: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if shared:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another disk, or one without hard links: copied below
    shutil.copy2(source, target)
