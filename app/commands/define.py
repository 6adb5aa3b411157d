"""`dual-expert define`: the summarizer writes the definitions of categories, and people decide on them."""

import getpass
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.exits import OK, STOPPED, finished
from app.options import ModelOptions, OutputOptions, WorkspaceFolder
from app.output import Output, plain
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from agents.definitions import DefinitionDesk
    from agents.definitions.history import History
    from app.defining import Defined
    from app.definition_evidence import Evidence
    from catalog.settings import Settings

_DECIDING = "Deciding, without a model"


@dataclass(frozen=True)
class DecisionOptions:
    """What a person does with definitions instead of having them written."""

    show: Annotated[
        bool, typer.Option("--show", rich_help_panel=_DECIDING, help="Show what stands and what waits.")
    ] = False
    approve: Annotated[
        bool,
        typer.Option(
            "--approve", rich_help_panel=_DECIDING, help="Use the proposal, or what stands, from now on."
        ),
    ] = False
    version: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_DECIDING, help="Approve this version instead.")
    ] = None
    edit: Annotated[
        str | None, typer.Option(metavar="TEXT", rich_help_panel=_DECIDING, help="Use this text instead.")
    ] = None
    reviewer: Annotated[
        str | None, typer.Option(rich_help_panel=_DECIDING, help="Who decides; else your login name.")
    ] = None
    export_to: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", rich_help_panel=_DECIDING, help="Write them to .csv or .jsonl."
        ),
    ] = None
    import_from: Annotated[
        Path | None,
        typer.Option(
            "--import", metavar="FILE", rich_help_panel=_DECIDING, help="Take over an edited export."
        ),
    ] = None

    @property
    def actions(self) -> list[str]:
        """What is asked for; nothing means to write."""
        asked = {
            "--show": self.show,
            "--approve": self.approve,
            "--edit": self.edit is not None,
            "--export": self.export_to is not None,
            "--import": self.import_from is not None,
        }
        return [name for name, given in asked.items() if given]


def define(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    deciding: DecisionOptions,
    output: OutputOptions,
    category: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Only this category, by path or id; repeatable."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Write again what already stands.")] = False,
    definitions: Annotated[
        str | None,
        typer.Option(metavar="FILE_OR_URL", help="SQLite file or Postgres URL, instead of the workspace's."),
    ] = None,
) -> int:
    """Write what belongs in each category, from its labelled products; `--llm none` needs no model.

    What a person approved or edited stays in use; a rewrite waits beside it until a person decides.
    """
    settings = models.settings(definitions=definitions)
    chosen = category or []
    _check(deciding, chosen, refresh=refresh)
    out = Output(output)
    if deciding.actions:
        return _decide(workspace, settings, deciding, chosen, out)
    use_threads(settings.threads)
    from app.defining import define_categories
    from app.stopping import stop_event

    with stop_event() as stop:
        defined = define_categories(
            workspace, settings, models.prompts, chosen, refresh=refresh, progress=out.progress, stop=stop
        )
    out.show(_document(defined), _summary(defined), *_single(defined))
    return STOPPED if defined.stopped else finished(defined.count("unanswered"))


def _check(deciding: DecisionOptions, chosen: Sequence[str], *, refresh: bool) -> None:
    """Refuse what makes no sense together."""
    actions = deciding.actions
    if len(actions) > 1 or (actions and refresh):
        both = " and ".join([*actions, *(["--refresh"] if refresh else [])])
        raise SettingsError(f"{both} cannot be done at once.", fix="Give one of them.")
    if deciding.approve and not chosen:
        raise SettingsError("`--approve` names no category.", fix="Add `--category PATH`, or use `--import`.")
    if deciding.edit is not None and len(chosen) != 1:
        raise SettingsError("`--edit` is for one category.", fix="Add one `--category PATH`.")
    if deciding.version is not None and (not deciding.approve or len(chosen) != 1):
        raise SettingsError(
            "`--version` is for one category that is approved.", fix="Add `--approve --category PATH`."
        )
    if deciding.import_from is not None and chosen:
        raise SettingsError("`--import` names its categories itself.", fix="Leave `--category` out.")


def _decide(
    folder: Path, settings: "Settings", deciding: DecisionOptions, chosen: Sequence[str], out: Output
) -> int:
    from agents.definitions import DefinitionDesk, DefinitionStore
    from retrieval.taxonomy import Taxonomy
    from retrieval.workspace import DEFINITIONS, Workspace

    workspace = Workspace(folder)
    taxonomy = Taxonomy.load(workspace.path("taxonomy.json"))
    store = DefinitionStore.open(settings.definitions_location or workspace.path(DEFINITIONS))
    desk = DefinitionDesk(store, taxonomy)
    reviewer = deciding.reviewer or getpass.getuser()
    if deciding.import_from is not None:
        return _import(deciding.import_from, desk, reviewer, out)
    if deciding.export_to is not None:
        return _export(deciding.export_to, desk.histories(chosen), out)
    if deciding.approve:
        histories = [desk.approve(category, reviewer, deciding.version) for category in chosen]
    elif deciding.edit is not None:
        histories = [desk.edit(chosen[0], deciding.edit, reviewer)]
    else:
        histories = desk.histories(chosen)
    _show(out, histories, workspace, taxonomy)
    return OK


def _import(path: Path, desk: "DefinitionDesk", reviewer: str, out: Output) -> int:
    from app.definition_files import read_definitions

    done = read_definitions(path, desk, reviewer)
    counts = {"edited": done.edited, "approved": done.approved, "unchanged": done.unchanged}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    out.show(
        {**counts, "errors": done.errors},
        f"{told}, {len(done.errors):,} not taken over.",
        *map(plain, done.errors),
    )
    return finished(len(done.errors))


def _export(path: Path, histories: Sequence["History"], out: Output) -> int:
    from app.definition_files import write_definitions

    rows = write_definitions(path, histories)
    out.show({"file": str(path), "rows": rows}, f"{rows:,} definitions in {path}.")
    return OK


def _show(out: Output, histories: Sequence["History"], workspace: Any, taxonomy: Any) -> None:
    from app.definition_evidence import evidence_of

    document = {
        "definitions": [
            {
                "category_id": history.category_id,
                "category_path": history.current.category_path,
                "in_use": history.in_use,
                "proposal": history.proposal.version if history.proposal else None,
                "versions": [d.model_dump(mode="json") for d in history.versions],
            }
            for history in histories
        ]
    }
    if len(histories) == 1:
        evidence = evidence_of(histories[0].current, workspace, taxonomy)
        out.show(document, *_versions(histories[0]), *_evidence(evidence))
        return
    waiting = sum(history.proposal is not None for history in histories)
    lines = (plain(f"{h.current.category_path} ({_standing(h)}): {h.current.text}") for h in histories)
    out.show(document, *lines, f"{len(histories):,} definitions, {waiting:,} of them with a proposal.")


def _standing(history: "History") -> str:
    current, proposal = history.current, history.proposal
    waits = f", v{proposal.version} waits" if proposal else ""
    return f"v{current.version} {current.method}, {current.status}{waits}"


def _versions(history: "History") -> Iterator[str]:
    """All texts of one category, the newest first."""
    yield plain(history.current.category_path)
    for definition in reversed(history.versions):
        by = f" by {plain(definition.reviewer)}" if definition.reviewer else ""
        place = ", in use" if definition.version == history.in_use else ""
        place = ", waits for a decision" if definition == history.proposal else place
        yield f"\nv{definition.version} {definition.method}, {definition.status}{by}{place}"
        yield plain(definition.text)
        yield _refusal(definition)


def _document(defined: "Defined") -> dict[str, Any]:
    return {
        "wanted": defined.wanted,
        "written": defined.count("written"),
        "proposed": defined.count("proposed"),
        "kept": defined.count("kept"),
        "unanswered": defined.count("unanswered"),
        "extractive": defined.extractive,
        "stopped": defined.stopped,
        "place": defined.place,
        "definitions": [d.model_dump(mode="json") for d in defined.definitions],
    }


def _summary(defined: "Defined") -> str:
    names = {"proposed": "proposed beside a decided one", "unanswered": "without an answer"}
    more = [f"{count:,} {text}" for name, text in names.items() if (count := defined.count(name))]
    counts = [f"{defined.count('written'):,} written", f"{defined.count('kept'):,} kept", *more]
    ended = " Stopped; run the same again to go on." if defined.stopped else ""
    return (
        f"{len(defined.outcomes):,} of {defined.wanted:,} definitions: {', '.join(counts)}; "
        f"{defined.extractive:,} of them extractive. They lie in {defined.place}.{ended}"
    )


def _single(defined: "Defined") -> Iterator[str]:
    """The one definition that was asked for, with its evidence."""
    if defined.evidence is None:
        return
    (definition,) = defined.definitions
    yield f"\n{plain(definition.category_path)}"
    yield plain(definition.text)
    yield _refusal(definition)
    yield from _evidence(defined.evidence)


def _refusal(definition: Any) -> str:
    if not definition.failed_checks:
        return ""
    subject = "The model's text was refused" if definition.method == "extractive" else "It fails checks"
    return plain(f"{subject}: {', '.join(definition.failed_checks)}.")


def _evidence(evidence: "Evidence") -> Iterator[str]:
    yield plain(f"Terms: {', '.join(evidence.terms)}")
    yield "Written from:"
    yield from (f"  {plain(title)}" for title in evidence.examples)
    yield "Told apart from:"
    yield from (f"  {plain(path)}" for path in evidence.siblings)
