"""What the language model answered in chunks that are not in the ledger yet, so that it is not paid twice.

One append-only file a chunk and attempt: `answers/chunk-000012.0.jsonl` while chunk 12 is done for the first
time, `.1.` while it is done again. It goes when the chunk is in the ledger. A kill of the process tears the
last line at most; lines that are not whole do not count. Unlike the ledger it is not synced at every line:
after a power cut the answers of the last seconds are paid again.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.case import Deliberation
from agents.llm.usage import Usage
from catalog.errors import WorkspaceError
from graph.batch.files import write_all, writing
from graph.batch.sealed import sealed, unsealed

ANSWERS_NAME = "answers"
_NAME = re.compile(r"chunk-(\d{6,})\.(\d+)\.jsonl")


@dataclass(frozen=True)
class Paid:
    """Attributes:
    cost: USD, None without a price.
    """

    usage: Usage = field(default_factory=Usage)
    cost: float | None = None

    def __add__(self, other: "Paid") -> "Paid":
        return Paid(self.usage + other.usage, added(self.cost, other.cost))


class _Entry(BaseModel):
    """Attributes:
    key: of the question; empty where there is no answer that can be used again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    deliberation: Deliberation | None
    usage: Usage
    cost: float | None


class AnswerLog:
    """The answers of one chunk; threads may share it.

    Attributes:
        salt: hash of everything beside the case that an answer depends on.
        abandoned: whether a question was not asked, so that the chunk is not done.
        failure: why an answer could not be written down; the chunk must not count then.
    """

    def __init__(self, path: Path, salt: str) -> None:
        self.salt = salt
        self.abandoned = False
        self.failure: WorkspaceError | None = None
        self._path = path
        self._handle: int | None = None
        self._lock = threading.Lock()
        self._known: dict[str, Deliberation] = {}
        entries, self._torn = _read(path)
        self.paid = sum((Paid(entry.usage, entry.cost) for entry in entries), start=Paid())
        self._known = {entry.key: entry.deliberation for entry in entries if entry.deliberation}

    def find(self, key: str) -> Deliberation | None:
        """The answer to a question that was asked before."""
        return self._known.get(key)

    def add(self, paid: Paid, key: str = "", deliberation: Deliberation | None = None) -> None:
        """Write down what was paid and, where it can be used again, the answer."""
        entry = _Entry(key=key, deliberation=deliberation, usage=paid.usage, cost=paid.cost)
        with self._lock:
            self.paid = self.paid + paid
            try:
                self._append(sealed(entry))
            except WorkspaceError as error:
                self.failure = error
            if deliberation is not None:
                self._known[key] = deliberation

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _append(self, line: bytes) -> None:
        with writing(self._path):
            if self._handle is None:
                self._path.parent.mkdir(exist_ok=True)
                self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            write_all(self._handle, b"\n" + line if self._torn else line)
            self._torn = False


_current: ContextVar[AnswerLog | None] = ContextVar("dual_expert_answers", default=None)


def current_answers() -> AnswerLog | None:
    """The log of the chunk that this thread works for."""
    return _current.get()


@contextmanager
def keeping_answers(path: Path, salt: str) -> Iterator[AnswerLog]:
    """Work inside, also in threads that it hands its context to, keeps its answers in the log at `path`."""
    log = AnswerLog(path, salt)
    token = _current.set(log)
    try:
        yield log
    finally:
        _current.reset(token)
        log.close()


def answers_path(folder: Path, chunk: int, attempt: int) -> Path:
    """Where the answers of a chunk are kept.

    Args:
        attempt: how often the ledger has the chunk already.
    """
    return folder / ANSWERS_NAME / f"chunk-{chunk:06d}.{attempt}.jsonl"


def drop_answers(folder: Path, chunk: int, attempt: int) -> None:
    """The chunk is in the ledger, so nobody will ask again."""
    answers_path(folder, chunk, attempt).unlink(missing_ok=True)


def drop_stale(folder: Path, attempts: Mapping[int, int]) -> None:
    """Drops what a kill just after a line of the ledger left.

    Args:
        attempts: how often the ledger has each chunk.
    """
    for path, chunk, attempt in _logs(folder):
        if attempt < attempts.get(chunk, 0):
            path.unlink(missing_ok=True)


def kept_answers(folder: Path, attempts: Mapping[int, int]) -> Paid:
    """What was paid for answers that wait for their chunk to be done."""
    total = Paid()
    for path, chunk, attempt in _logs(folder):
        if attempt >= attempts.get(chunk, 0):
            total = sum((Paid(entry.usage, entry.cost) for entry in _read(path)[0]), start=total)
    return total


def added(left: float | None, right: float | None) -> float | None:
    """The sum of two costs; one that is unknown does not count, two stay unknown."""
    if left is None or right is None:
        return right if left is None else left
    return left + right


def _logs(folder: Path) -> Iterator[tuple[Path, int, int]]:
    for path in sorted((folder / ANSWERS_NAME).glob("chunk-*.jsonl")):
        if found := _NAME.fullmatch(path.name):
            yield path, int(found[1]), int(found[2])


def _read(path: Path) -> tuple[list[_Entry], bool]:
    """The whole entries, and whether the file ends in the middle of a line."""
    try:
        *lines, rest = path.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return [], False
    entries = (_entry(body) for line in lines if (body := unsealed(line)) is not None)
    return [entry for entry in entries if entry is not None], bool(rest)


def _entry(body: bytes) -> _Entry | None:
    try:
        return _Entry.model_validate_json(body)
    except ValidationError:
        return None  # written by another version: it is asked again
