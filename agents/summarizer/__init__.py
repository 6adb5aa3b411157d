"""The summarizer: writes what belongs in a category from its labelled products, and keeps the evidence.

The names here are imported with their first use, which takes FAISS and scikit-learn along.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.summarizer.draft import DefinitionDraft
    from agents.summarizer.evidence import Evidence
    from agents.summarizer.summarizer import Summarizer

__all__ = ["DefinitionDraft", "Evidence", "Summarizer"]

_MODULES = {
    "DefinitionDraft": "agents.summarizer.draft",
    "Evidence": "agents.summarizer.evidence",
    "Summarizer": "agents.summarizer.summarizer",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
