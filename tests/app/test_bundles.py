import inspect
from dataclasses import dataclass
from typing import Annotated

import typer

from app.bundles import expanded


@dataclass(frozen=True)
class _Base:
    first: Annotated[int, typer.Option(help="First.")]


@dataclass(frozen=True)
class _Shared(_Base):
    second: Annotated[str, typer.Option(help="Second.")] = "two"


def _command(own: str, shared: _Shared, more: bool = False) -> int:
    return len(own) + shared.first + len(shared.second) + more


def test_the_fields_take_the_place_of_the_bundle() -> None:
    parameters = inspect.signature(expanded(_command)).parameters
    assert list(parameters) == ["own", "more", "first", "second"]
    assert parameters["first"].default is inspect.Parameter.empty
    assert parameters["second"].default == "two"


def test_the_command_gets_the_bundle_back() -> None:
    assert expanded(_command)(own="abc", more=True, first=10, second="x") == 15


def test_typer_reads_the_expanded_options() -> None:
    app = typer.Typer()
    app.command()(expanded(_command))
    command = typer.main.get_command(app)
    assert command.main(["abc", "--first", "4"], standalone_mode=False) == 10
