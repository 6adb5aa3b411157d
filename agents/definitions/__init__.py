"""Definitions as records that people can approve, edit and look back on.

`DefinitionStore` keeps them, `DefinitionDesk` is where people work on them. Both are imported with their
first use: the LangGraph stores are slow to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.definitions.desk import DefinitionDesk
    from agents.definitions.store import DefinitionStore

__all__ = ["DefinitionDesk", "DefinitionStore"]

_MODULES = {"DefinitionDesk": "agents.definitions.desk", "DefinitionStore": "agents.definitions.store"}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
