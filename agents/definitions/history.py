"""All versions of one category's definition, and which of them is in use."""

from datetime import UTC, datetime
from typing import Self

from pydantic import Field, model_validator

from agents.case import Definition, Record


class History(Record):
    """Versions of one category's definition; a version's text never changes.

    Attributes:
        versions: oldest first, numbered from 1.
        in_use: number of the version that prompts show. As long as no person has decided it is the newest;
            from then on only a person changes it.
        seen: number of the newest version when a person last decided; 0 when none has.
    """

    versions: tuple[Definition, ...] = Field(min_length=1)
    in_use: int
    seen: int = 0

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        if [d.version for d in self.versions] != list(range(1, len(self.versions) + 1)):
            raise ValueError("versions are not numbered from 1 without a gap")
        if not 1 <= self.in_use <= len(self.versions):
            raise ValueError(f"version {self.in_use} is in use, and there is none")
        return self

    @classmethod
    def begin(cls, definition: Definition) -> Self:
        """A history of one version, which is a draft unless a person wrote it."""
        first = definition.model_copy(update={"version": 1})
        return cls(versions=(first,), in_use=1, seen=int(first.status != "draft"))

    @property
    def category_id(self) -> str:
        return self.versions[0].category_id

    @property
    def current(self) -> Definition:
        """The definition in use."""
        return self.versions[self.in_use - 1]

    @property
    def newest(self) -> Definition:
        return self.versions[-1]

    @property
    def proposal(self) -> Definition | None:
        """A draft that waits beside a decided definition; None when there is nothing to decide."""
        waits = self.seen and self.newest.version > self.seen
        return self.newest if waits else None

    def version(self, number: int) -> Definition | None:
        return self.versions[number - 1] if 1 <= number <= len(self.versions) else None

    def stands_for(self, inputs_hash: str, since: str = "") -> bool:
        """Whether nothing has to be written: the last text by machine is of these inputs and not older than
        `since`, or there are only texts by people, who saw no inputs."""
        written = [d for d in self.versions if d.inputs_hash]
        if not written:
            return not since
        return written[-1].inputs_hash == inputs_hash and written[-1].written >= since

    def drafted(self, definition: Definition) -> Self:
        """With one more version; in use at once only while no person has decided."""
        added = definition.model_copy(update={"version": len(self.versions) + 1})
        in_use = self.in_use if self.seen else added.version
        return self.model_copy(update={"versions": (*self.versions, added), "in_use": in_use})

    def approved(self, number: int, reviewer: str) -> Self:
        """With a version in use that a person has read and found good, an older one too."""
        chosen = self.versions[number - 1]
        status = "edited" if chosen.status == "edited" else "approved"
        decided = chosen.model_copy(update={"status": status, "reviewer": reviewer, "decided": now()})
        versions = (*self.versions[: number - 1], decided, *self.versions[number:])
        return self.model_copy(update={"versions": versions, "in_use": number, "seen": len(versions)})

    def edited(self, definition: Definition) -> Self:
        """With a person's text as the newest version, in use."""
        number = len(self.versions) + 1
        versions = (*self.versions, definition.model_copy(update={"version": number}))
        return self.model_copy(update={"versions": versions, "in_use": number, "seen": number})

    def moved(self, category_id: str, category_path: str) -> Self:
        """The same texts for a category that has another id or path now."""
        place = {"category_id": category_id, "category_path": category_path}
        return self.model_copy(update={"versions": tuple(d.model_copy(update=place) for d in self.versions)})


def now() -> str:
    """UTC, ISO 8601, to the microsecond; later times are greater as texts too."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
