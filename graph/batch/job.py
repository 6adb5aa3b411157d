"""What a batch is asked to do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.errors import SettingsError
from catalog.product import Row, RowError
from graph.batch.past import Past


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """One batch; the same job on the same folder carries on where it was left.

    Attributes:
        rows: opens the catalog from its first row; called once a run, always gives the same rows.
        out: folder of the output, made when missing.
        fingerprint: everything the verdicts depend on, such as hashes of workspace and source, prompt,
            model and settings; a run that differs from the earlier ones in `out` is refused.
        known_categories: ids of the taxonomy; a verdict outside it becomes an error row.
        chunk_rows: rows in one call of the classifier and in one part.
        chunks_in_flight: most chunks that are worked on at the same time.
        past: an earlier batch whose verdicts are taken over where nothing changed.
        since: its identity; None without one.
        limit: stop after this many rows of the catalog; rows that are already done stay.
        max_errors: stop once this many rows of the output are errors.
        total_rows: rows of the catalog when known, for the estimate of the time left.
        accept_changes: carry on although the fingerprint differs; what is done stays as it is.
        keep_latency: write `latency_ms` into the parts, which then differ from run to run.

    Raises:
        SettingsError: a count is below 1.
    """

    rows: Callable[[], Iterator[Row | RowError]]
    out: Path
    fingerprint: Mapping[str, str]
    known_categories: frozenset[str]
    chunk_rows: int = 1024
    chunks_in_flight: int = 16
    past: Past | None = None
    since: str | None = None
    limit: int | None = None
    max_errors: int | None = None
    total_rows: int | None = None
    accept_changes: bool = False
    keep_latency: bool = False

    def __post_init__(self) -> None:
        for name in ("chunk_rows", "chunks_in_flight", "limit", "max_errors"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"`{name}` is {value!r}.", fix=f"Set `{name}` to 1 or more.")

    def like(self, before: Mapping[str, str]) -> "BatchJob":
        """The job with what shapes the parts as in an earlier run's identity, for work on its parts."""
        return replace(
            self,
            chunk_rows=int(before["chunk_rows"]),
            keep_latency=before["keep_latency"] == str(True),
            since=before.get("since"),
            past=None,
        )

    @property
    def identity(self) -> dict[str, str]:
        """The fingerprint with our own settings that shape the parts."""
        own = {"chunk_rows": str(self.chunk_rows), "keep_latency": str(self.keep_latency)}
        since = {} if self.since is None else {"since": self.since}
        return {**self.fingerprint, **own, **since}
