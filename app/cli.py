"""The console entry: commands, errors and exit codes."""

import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from app.bundles import expanded
from app.commands import (
    audit,
    batch,
    batch_plan,
    cases,
    chat,
    classify,
    config,
    define,
    demo,
    evaluate,
    gate,
    mcp,
    prompts,
    recipes,
    review,
    schema,
    serve,
    split,
    suggest_labels,
    taxonomy,
    train,
    tune,
)
from app.exits import COULD_NOT_RUN, OK
from app.options import OutputOptions
from app.output import Output, Problem
from catalog.errors import SettingsError

NAME = "dual-expert"
# What typer makes of a Ctrl-C that no command took.
_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code, see `app.exits`."""
    command = get_command(build_app())
    try:
        # No arguments at all ask for help.
        code = command.main(args=[*arguments] or ["--help"], prog_name=NAME, standalone_mode=False)
    except typer.TyperException as error:
        return _could_not_run(_usage(error), arguments)
    except Exception as error:  # what we raise on purpose, and bugs: said shortly
        return _could_not_run(error, arguments)
    if code == _INTERRUPTED:
        _output(arguments).problem(Problem("Interrupted.", "", "Interrupted"))
        return COULD_NOT_RUN
    return int(code or OK)


def build_app() -> typer.Typer:
    """All commands."""
    app = typer.Typer(
        help="Puts products into the right category of a large taxonomy.",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("demo")(expanded(demo.demo))
    app.command("train")(expanded(train.train))
    app.command("suggest-labels")(expanded(suggest_labels.suggest_labels))
    app.command("define")(expanded(define.define))
    app.command("tune")(expanded(tune.tune))
    app.command("classify")(expanded(classify.classify))
    app.command("chat")(expanded(chat.chat))
    app.add_typer(_batch(), name="batch")
    app.command("split")(expanded(split.split))
    app.command("evaluate")(expanded(evaluate.evaluate))
    app.add_typer(gate.group(), name="gate")
    app.command("audit")(expanded(audit.audit))
    app.add_typer(review.group(), name="review")
    app.add_typer(cases.group(), name="cases")
    app.add_typer(prompts.group(), name="prompts")
    app.add_typer(taxonomy.group(), name="taxonomy")
    app.command("serve")(expanded(serve.serve))
    app.command("mcp")(expanded(mcp.mcp))
    app.command("config")(expanded(config.config))
    app.command("recipes")(expanded(recipes.recipes))
    app.command("schema")(expanded(schema.schema))
    return app


def _batch() -> typer.Typer:
    app = typer.Typer(help="Classify a whole catalog, every row exactly once, whatever happens on the way.")
    app.command("plan")(expanded(batch_plan.plan))
    app.command("run")(expanded(batch.run))
    app.command("retry")(expanded(batch.retry))
    app.command("status")(expanded(batch.status))
    return app


def _usage(error: typer.TyperException) -> SettingsError:
    return SettingsError(error.format_message(), fix="See the options with `--help`.")


def _could_not_run(error: Exception, arguments: Sequence[str]) -> int:
    _output(arguments).failed(error)
    return COULD_NOT_RUN


def _output(arguments: Sequence[str]) -> Output:
    """The options may be what is wrong, so the two that count here are looked up as plain words."""
    return Output(OutputOptions(as_json="--json" in arguments, debug="--debug" in arguments))
