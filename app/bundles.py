"""Options that several commands share, written once as a dataclass and expanded into each command."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Any

Command = Callable[..., int]


def expanded(command: Command) -> Command:
    """`command` as typer reads it: a parameter that is a dataclass gives way to that dataclass's fields."""
    parameters = inspect.signature(command).parameters.values()
    bundles = {
        p.name: p.annotation
        for p in parameters
        if isinstance(p.annotation, type) and is_dataclass(p.annotation)
    }

    @wraps(command)
    def call(**options: Any) -> int:
        for name, bundle in bundles.items():
            options[name] = bundle(**{f.name: options.pop(f.name) for f in fields(bundle)})
        return command(**options)

    own = [p for p in parameters if p.name not in bundles]
    shared = [_parameter(field) for bundle in bundles.values() for field in fields(bundle)]
    flat = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
    # typer reads these two, and both must tell of the expanded options.
    call.__signature__ = inspect.Signature(flat, return_annotation=int)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in flat}
    return call


def _parameter(field: "Field[Any]") -> inspect.Parameter:
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=field.type
    )
