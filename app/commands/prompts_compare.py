"""`dual-expert prompts compare`: two or more prompts on the same cases, as an experiment."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.exits import ERROR_ROWS, OK, STOPPED
from app.options import ModelOptions, OutputOptions, PriceOptions, TopK, WorkspaceFolder
from app.output import Output, plain, table
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from app.comparing import Laid
    from evaluation.power import Plan
    from experiments.result import ArmResult, Comparison

_STATISTICS = "Statistics"
_GATE = "Requirements"
_RUN = "Running"


def compare(
    contestants: Annotated[
        list[str],
        typer.Argument(
            metavar="BASELINE OTHER…", help="Each a prompt, its file, a strategy, or `STRATEGY=PROMPT`."
        ),
    ],
    workspace: WorkspaceFolder,
    cases: Annotated[Path, typer.Option(metavar="FILE", help="Case set of `dual-expert cases`.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")],
    models: ModelOptions,
    prices: PriceOptions,
    output: OutputOptions,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what the cases can show; asks nothing.")
    ] = False,
    lift: Annotated[
        float,
        typer.Option(min=0.0001, max=1.0, rich_help_panel=_STATISTICS, help="Share of cases to gain."),
    ] = 0.05,
    differing: Annotated[
        float | None,
        typer.Option(
            min=0.0001,
            max=1.0,
            rich_help_panel=_STATISTICS,
            help="Share of cases on which you expect two prompts not to be equally right.",
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(min=1, rich_help_panel=_STATISTICS, help="Independent answers a case.")
    ] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(min=0.0, max=2.0, rich_help_panel=_STATISTICS, help="Of the answers; 0.7 with repeats."),
    ] = None,
    judge: Annotated[
        Literal["own", "fused"],
        typer.Option(
            rich_help_panel=_STATISTICS,
            help="`own`: what the general expert puts first; `fused`: what both experts do.",
        ),
    ] = "own",
    limit: Annotated[
        int | None, typer.Option(min=1, rich_help_panel=_RUN, help="Only the first cases.")
    ] = None,
    failing: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", rich_help_panel=_RUN, help="Only cases that went wrong in that comparison."
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", rich_help_panel=_RUN, help="Grounds from the model where ranking has none."
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", rich_help_panel=_RUN, help="Go on with what `--out` holds.")
    ] = False,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", rich_help_panel=_RUN, help="Ask failed trials again.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0.0, rich_help_panel=_RUN, help="Stop when it has cost so many USD.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_RUN, help="Answers that were paid, of all comparisons."
        ),
    ] = None,
    track: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET", rich_help_panel=_RUN, help="`mlflow` (a SQLite file here) or `mlflow:URI`."
        ),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, rich_help_panel=_GATE, help="Least share right."),
    ] = None,
    require: Annotated[
        Literal["better", "not-worse"] | None,
        typer.Option(rich_help_panel=_GATE, help="`better` or `not-worse` than the baseline."),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, rich_help_panel=_GATE, help="What `not-worse` may lose."),
    ] = 0.02,
    max_errors: Annotated[
        int | None, typer.Option(min=0, rich_help_panel=_GATE, help="Most failed trials of a contestant.")
    ] = None,
    k: TopK = None,
) -> int:
    """Compare prompts on the same cases: the first is the baseline. Exits with 1 where a requirement is not
    met or trials failed, and with 3 where it was stopped and can be resumed."""
    console = Output(output)
    if models.strategy is not None:
        raise SettingsError("`--strategy` has no place here.", fix="Name strategies as contestants.")
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.comparing import DIFFERING, CompareJob, check, lay_out, run_comparison
    from app.stopping import stop_event
    from experiments.checks import Requirements

    job = CompareJob(
        labels=contestants,
        workspace=workspace,
        cases=cases,
        out=out,
        overlay=models.prompts,
        lift=lift,
        differing=max(lift, DIFFERING) if differing is None else differing,
        repeats=repeats,
        temperature=temperature,
        limit=limit,
        failing=failing,
        judge=judge,
        explain=explain,
        retry_errors=retry_errors,
        resume=resume,
        max_cost=max_cost,
        prices=prices.prices,
        answers=answers,
        requirements=Requirements(fail_under, require, margin, max_errors),
    )
    check(job)
    if track:
        from app.tracking.runs import runs_target

        runs_target(track)
    laid = lay_out(job, settings, console.progress)
    if plan:
        console.show(_planned(laid), *plan_lines(laid.plan), _undefined(laid))
        return OK
    for line in filter(None, (*plan_lines(laid.plan), _undefined(laid))):
        console.messages.print(line, soft_wrap=True)
    with stop_event() as stop:
        comparison, page = run_comparison(laid, console.progress, stop.is_set)
    if track:
        from app.tracking.runs import track_comparison

        track_comparison(comparison, out, track)
    console.show(_document(comparison, page), _figures(comparison), *_summary(comparison, page))
    return exit_code(comparison)


def exit_code(comparison: "Comparison") -> int:
    """3 stopped, 1 a requirement is not met or trials failed, else 0."""
    if not comparison.complete:
        return STOPPED
    if comparison.checks:
        return OK if comparison.passed else ERROR_ROWS
    return ERROR_ROWS if comparison.errors else OK


def plan_lines(plan: "Plan") -> Iterator[str]:
    """What the cases can show, in words."""
    yield (
        f"{plan.cases:,} cases see a lift of {100 * plan.lift:.1f} points with a chance of {plan.power:.0%}, "
        f"where {plan.differing:.0%} of the cases differ."
    )
    if plan.needed is None:
        yield "More than a million cases would be needed to see it with 80%."
    elif plan.needed > plan.cases:
        yield f"It takes {plan.needed:,} cases to see it with 80%."
    if plan.detectable is not None:
        yield f"With those at hand, {100 * plan.detectable:.1f} points are seen with 80%."


def _undefined(laid: "Laid") -> str:
    if not laid.undefined:
        return ""
    return f"{laid.undefined:,} candidates have no definition: `dual-expert define` writes them."


def _planned(laid: "Laid") -> dict[str, object]:
    return {"plan": laid.plan.model_dump(mode="json"), "candidates_without_definition": laid.undefined}


def _document(comparison: "Comparison", page: Path) -> dict[str, object]:
    return {
        **comparison.model_dump(mode="json", exclude={"cases"}),
        "errors": comparison.errors,
        "passed": comparison.passed,
        "report": str(page),
    }


def _figures(comparison: "Comparison") -> "Table":
    shown = table(
        f"{len(comparison.cases):,} cases",
        "",
        "right",
        "difference",
        "won/lost/tied",
        "p",
        "errors",
        "tokens",
    )
    for arm in comparison.arms:
        shown.add_row(arm.label, _share(arm), *_gain(arm), str(arm.standing.errors), _tokens(arm))
    return shown


def _share(arm: "ArmResult") -> str:
    share = arm.standing.share
    return f"{share.value:.1%}\n{100 * share.low:.1f} to {100 * share.high:.1f}" if share else ""


def _gain(arm: "ArmResult") -> tuple[str, str, str]:
    gain = arm.standing.gain
    if gain is None:
        return "", "", ""
    found = gain.difference
    return (
        f"{100 * found.value:+.1f}\n{100 * found.low:+.1f} to {100 * found.high:+.1f}",
        f"{gain.wins}/{gain.losses}/{gain.ties}",
        "" if gain.p_holm is None else f"{gain.p_holm:.3g}",
    )


def _tokens(arm: "ArmResult") -> str:
    """In and out of one answer."""
    return f"{arm.usage.tokens_in:,.0f}\n{arm.usage.tokens_out:,.0f}" if arm.usage else ""


def _summary(comparison: "Comparison", page: Path) -> Iterator[str]:
    from experiments.checks import difference_text

    for arm in comparison.candidates:
        yield f"{plain(arm.label)}: {arm.finding}, {difference_text(arm)}."
    for check in comparison.checks:
        yield f"{'met' if check.passed else 'NOT MET'}: {check.label}: {check.name} ({check.message})"
    if comparison.selected:
        yield "The cases were chosen because they went wrong before, so these p-values prove nothing."
    yield f"{comparison.reused:,} answers were known, {comparison.bought:,} were asked for."
    if not comparison.complete:
        yield "Stopped. Go on with `--resume`."
    yield f"Report: {page}"
