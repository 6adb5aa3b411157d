"""Folders that are either complete or absent."""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path


def build_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return `folder`, built first where it is missing.

    `build` fills a scratch folder beside it, which is then renamed: a reader sees all of it or nothing. When
    two processes race, both build and the first rename wins; the other's work is thrown away.

    Raises:
        whatever `build` raises; the scratch folder is gone by then.
    """
    if folder.is_dir():
        return folder
    scratch = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    scratch.mkdir(parents=True)
    try:
        build(scratch)
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder
