"""Options that mean the same in every command that has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from catalog.errors import SettingsError

if TYPE_CHECKING:
    from catalog.settings import Settings

_MODELS = "Models"
_OUTPUT = "Output"
_BATCH = "Batch"

Catalog = Annotated[
    Path, typer.Argument(metavar="CATALOG", help="CSV, TSV, JSON lines or Parquet file, or a folder of them.")
]
WorkspaceFolder = Annotated[Path, typer.Option("--workspace", metavar="DIR", help="Folder of the workspace.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the output.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="What the catalog calls a column; repeatable."),
]
SplitFile = Annotated[
    Path | None, typer.Option("--split", metavar="FILE", help="File with `product_id` and `split`.")
]
TopK = Annotated[int | None, typer.Option("--k", min=1, help="Candidates a product.")]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0.0, max=1.0, help="Accept from this confidence on, instead of the gate's own threshold."
    ),
]


@dataclass(frozen=True)
class OutputOptions:
    """How to report."""

    as_json: Annotated[
        bool, typer.Option("--json", rich_help_panel=_OUTPUT, help="Print one JSON document on stdout.")
    ] = False
    debug: Annotated[bool, typer.Option("--debug", rich_help_panel=_OUTPUT, help="Show tracebacks.")] = False


@dataclass(frozen=True)
class ComputeOptions:
    """What to compute on; not given means the setting."""

    device: Annotated[
        str | None, typer.Option(rich_help_panel=_MODELS, help="`auto`, `cpu`, `cuda`, `cuda:1`, …")
    ] = None
    threads: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_MODELS, help="CPU threads of the models.")
    ] = None

    def settings(self, **more: Any) -> "Settings":
        """The settings, overridden by these options where they were given.

        Args:
            more: further settings by name; None stands for an option that was not given.
        """
        from catalog.settings import load_settings

        return load_settings(device=self.device, threads=self.threads, **more)


@dataclass(frozen=True)
class ModelOptions(ComputeOptions):
    """Which language model, and how it is asked; not given means the setting."""

    llm: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_MODELS,
            help="`embedded[:NAME]`, `vllm:MODEL`, as LangChain's `init_chat_model`, `selector`, `none`.",
        ),
    ] = None
    llm_base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", rich_help_panel=_MODELS, help="Of an OpenAI-compatible server."),
    ] = None
    strategy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[+NAME…]",
            rich_help_panel=_MODELS,
            help="How the model ranks: `auto`, `likelihood`, `cot_rank`, `rank`, `zero_shot`, `leaf`, "
            "`full_path`, `name`, `definition`, `neighbours`, `primary_function`, or several, joined by `+`.",
        ),
    ] = None
    prompts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", rich_help_panel=_MODELS, help="Your own prompts, before ours."),
    ] = None

    def settings(self, **more: Any) -> "Settings":
        return super().settings(llm=self.llm, llm_base_url=self.llm_base_url, strategy=self.strategy, **more)


@dataclass(frozen=True)
class PriceOptions:
    """What the language model costs."""

    prices: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_BATCH, help="Your own prices of models, before ours."),
    ] = None


@dataclass(frozen=True)
class WorkOptions(PriceOptions):
    """How rows are worked off, for the first time or again."""

    max_cost: Annotated[
        float | None,
        typer.Option(min=0.0, rich_help_panel=_BATCH, help="Stop when the batch has cost so many USD."),
    ] = None
    chunks_in_flight: Annotated[
        int, typer.Option(min=1, rich_help_panel=_BATCH, help="Most chunks worked on at the same time.")
    ] = 16
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", rich_help_panel=_BATCH, help="Go on although something changed."),
    ] = False
    explain: Annotated[
        bool, typer.Option("--explain/--no-explain", rich_help_panel=_BATCH, help="Write the reasoning.")
    ] = True
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(rich_help_panel=_BATCH, help="This process, or the Ray cluster at `RAY_ADDRESS`."),
    ] = "local"
    workers: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_BATCH, help="Actors on the Ray cluster.")
    ] = None


@dataclass(frozen=True)
class BatchOptions(WorkOptions):
    """How a batch runs."""

    limit: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_BATCH, help="Stop after this many rows.")
    ] = None
    max_errors: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_BATCH, help="Stop at this many error rows.")
    ] = None
    chunk_rows: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_BATCH, help="Rows that are classified together.")
    ] = None
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", rich_help_panel=_BATCH, help="Folder of an earlier batch: copy what is unchanged."
        ),
    ] = None


def column_mapping(given: Sequence[str] | None) -> dict[str, str]:
    """Our column name to the catalog's, from `OURS=THEIRS`.

    Raises:
        SettingsError: an entry has no `=`, or nothing on one side of it.
    """
    mapping: dict[str, str] = {}
    for entry in given or ():
        ours, _, theirs = entry.partition("=")
        if not ours or not theirs:
            raise SettingsError(f"`--column` is {entry!r}.", fix="Write it as `--column title=name`.")
        mapping[ours] = theirs
    return mapping
