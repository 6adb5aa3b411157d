"""From options to a service that can be asked."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.opening import open_all
from app.service.batcher import Batcher, BatchLimits
from app.service.core import Service
from app.service.definitions import Definitions
from app.service.metrics import Metrics
from catalog.errors import SettingsError
from catalog.progress import Progress
from catalog.settings import Settings
from retrieval.workspace import DEFINITIONS

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class ServiceOptions:
    """Attributes:
    queue: of the review; None takes the file beside the workspace, where the chat's is.
    """

    workspace: Path
    prompts: Path | None = None
    queue: Path | None = None
    chunk: int = 32
    timeout_s: float = 30.0

    @property
    def queue_file(self) -> Path:
        folder = self.workspace.resolve()
        return self.queue or folder.with_name(f"{folder.name}.review.sqlite")


@contextmanager
def open_service(options: ServiceOptions, settings: Settings, progress: Progress) -> Iterator[Service]:
    """Open everything a request may need.

    Raises:
        WorkspaceError, SettingsError, PromptError, LLMUnavailable: something cannot be opened.
    """
    opened = open_all(options.workspace, settings, options.prompts, progress)
    place = settings.definitions_location or opened.workspace.path(DEFINITIONS)
    metrics = Metrics()
    limits = BatchLimits(chunk=options.chunk, concurrency=settings.llm_concurrency)
    with closing(Definitions(place)) as definitions:
        yield Service(
            fingerprint=opened.workspace.fingerprint,
            batcher=Batcher(opened.experts, limits, on_chunk=metrics.chunk, on_waiting=metrics.waiting.set),
            definitions=definitions,
            queue=options.queue_file,
            metrics=metrics,
            top_k=settings.top_k,
            timeout_s=options.timeout_s,
        )


def check_exposure(host: str, *, keyed: bool) -> None:
    """Beyond this machine only with keys.

    Raises:
        SettingsError: a host that others can reach, and no key.
    """
    if host not in _LOOPBACK and not keyed:
        raise SettingsError(
            f"`--host` is {host!r}, which others can reach, and there is no key.",
            fix="Give `--api-key-file FILE`, or stay on 127.0.0.1.",
        )
