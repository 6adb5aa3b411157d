"""`dual-expert serve`: the HTTP service."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK
from app.options import ModelOptions, OutputOptions, TopK, WorkspaceFolder
from app.output import Output
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from app.service.keys import Keys
    from app.service.web import Access

_SERVICE = "Service"


@dataclass(frozen=True)
class AccessOptions:
    """Who may ask, how much and how often."""

    api_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="DUAL_EXPERT_API_KEY_FILE",
            rich_help_panel=_SERVICE,
            help="Lines `NAME KEY`; every request then needs a key.",
        ),
    ] = None
    rate: Annotated[
        float, typer.Option(min=0.01, rich_help_panel=_SERVICE, help="Requests a second of one key.")
    ] = 100.0
    max_body: Annotated[
        int, typer.Option(min=1_024, metavar="BYTES", rich_help_panel=_SERVICE, help="Largest request.")
    ] = 2**20

    def keys(self) -> "Keys":
        """Raises SettingsError when the file is no use."""
        from app.service.keys import Keys, read_keys

        return read_keys(self.api_key_file) if self.api_key_file else Keys({})

    def access(self) -> "Access":
        from app.service.guard import Limits
        from app.service.web import Access

        return Access(self.keys(), self.rate, Limits(body_bytes=self.max_body))


def serve(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    access: AccessOptions,
    output: OutputOptions,
    host: Annotated[
        str, typer.Option(rich_help_panel=_SERVICE, help="Another one than loopback needs a key.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, rich_help_panel=_SERVICE, help="0 takes a free one.")
    ] = 8000,
    queue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_SERVICE, help="Review queue; else beside the workspace."
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            rich_help_panel=_SERVICE,
            help="A product's; then the domain expert's answer stands, degraded.",
        ),
    ] = 30.0,
    grace: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="SECONDS",
            rich_help_panel=_SERVICE,
            help="Between SIGTERM and the closing of the socket.",
        ),
    ] = 2.0,
    chunk: Annotated[
        int, typer.Option(min=1, rich_help_panel=_SERVICE, help="Most products in an encoder pass.")
    ] = 32,
    k: TopK = None,
) -> int:
    """Answer over HTTP until SIGTERM or Ctrl-C; `GET /openapi.json` describes the paths."""
    out = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    try:
        from app.service.opening import ServiceOptions, check_exposure, open_service
        from app.service.server import Address, run
    except ModuleNotFoundError as error:
        fix = "Install it: `pip install 'dual-expert[serve]'`."
        raise SettingsError(f"`{error.name}` is not installed.", fix=fix) from error

    allowed = access.access()
    check_exposure(host, keyed=bool(allowed.keys))
    options = ServiceOptions(workspace, models.prompts, queue, chunk, timeout)
    with open_service(options, settings, out.progress) as service:
        run(service, allowed, Address(host, port), grace, lambda url: _announce(out, url))
    return OK


def _announce(out: Output, url: str) -> None:
    """At once, for whoever waits for it behind a pipe."""
    out.show({"url": url}, f"Listening on {url}")
    sys.stdout.flush()
