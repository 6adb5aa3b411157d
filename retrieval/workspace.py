"""The workspace on disk: what training leaves behind, written whole or not at all, no pickle in it."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.errors import WorkspaceError
from retrieval.gate import Gate

FORMAT_VERSION = 2
MANIFEST = "workspace.json"
GATE = "gate.json"
GATE_AUDITS = "gate_audits.jsonl"
GENERAL = "general.json"
DEFINITIONS = "definitions.sqlite"
SELECTOR = "selector"

_LIBRARIES = ("dual-expert", "torch", "transformers", "faiss-cpu", "faiss-gpu", "scikit-learn", "langgraph")
_CHUNK = 1 << 20


class Manifest(BaseModel):
    """Contents of `workspace.json`.

    Attributes:
        inputs: hashes of what it was trained from; equal inputs need no new training.
        files: sha256 of every file that must not change after training, by path inside the folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    created: str
    encoder: str
    language_note: str
    inputs: Mapping[str, str]
    counts: Mapping[str, int]
    libraries: Mapping[str, str]
    files: Mapping[str, str]


class Workspace:
    """An opened workspace folder.

    Raises:
        WorkspaceError: no workspace there, half-written, of another format, or changed on disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = _read_manifest(folder)
        self._verify()

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything changes that a verdict depends on, the gate included."""
        parts = [*sorted(self.manifest.files.values()), *(_optional(self.path(n)) for n in (GATE, GENERAL))]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    def gate(self) -> Gate:
        try:
            return Gate.model_validate_json(self.path(GATE).read_text("utf-8"))
        except (OSError, ValidationError) as error:
            raise WorkspaceError(
                f"`{self.path(GATE)}` cannot be used: {error}",
                fix="Set it again: `dual-expert gate --workspace DIR --target-accuracy 0.95`.",
            ) from error

    def _verify(self) -> None:
        for name, digest in self.manifest.files.items():
            path = self.path(name)
            if not path.is_file():
                raise WorkspaceError(f"`{path}` is missing from the workspace.", fix="Train again.")
            if file_hash(path) != digest:
                raise WorkspaceError(f"`{path}` was changed after training.", fix="Train again.")


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        state = "holds no workspace or a half-written one" if folder.is_dir() else "does not exist"
        raise WorkspaceError(
            f"`{folder}` {state}.", fix="Run `dual-expert train CATALOG --workspace DIR` first."
        )
    try:
        manifest = Manifest.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"`{path}` is damaged: {error}", fix="Train again.") from error
    if manifest.format_version != FORMAT_VERSION:
        raise WorkspaceError(
            f"`{folder}` has format {manifest.format_version}, this version reads {FORMAT_VERSION}.",
            fix="Train again, or use the version that wrote it.",
        )
    return manifest


def _optional(path: Path) -> str:
    return file_hash(path) if path.is_file() else ""


def file_hash(path: Path) -> str:
    """Hex sha256 of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def write_json(path: Path, model: BaseModel) -> None:
    """Replace a small JSON file atomically."""
    beside = path.with_name(path.name + ".writing")
    beside.write_text(model.model_dump_json(indent=1), "utf-8")
    os.replace(beside, path)


def building_folder(target: Path) -> Path:
    """Where a workspace is built before it takes its place; kept after a kill, so training continues."""
    return target.with_name(f".{target.name}.building")


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Build in a folder beside `target`; on success it takes the target's place in one rename."""
    building = building_folder(target)
    building.mkdir(parents=True, exist_ok=True)
    yield building
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def seal(
    folder: Path, mutable: tuple[str, ...] = (GATE, GATE_AUDITS, GENERAL, DEFINITIONS)
) -> dict[str, str]:
    """Hashes of all files in a built workspace that must not change from now on."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    named = {p.relative_to(folder).as_posix(): p for p in files}
    return {name: file_hash(path) for name, path in named.items() if not name.startswith(mutable)}


def library_versions() -> dict[str, str]:
    """Versions that made a workspace; a library that is not installed is left out."""
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return found


def inputs_of(workspace: Path) -> dict[str, str]:
    """Inputs of the workspace that stands there; empty when there is none that can be read."""
    try:
        manifest = json.loads((workspace / MANIFEST).read_text("utf-8"))
        return dict(manifest["inputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
