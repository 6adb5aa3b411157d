"""Nearest vectors among up to millions: exact, or proposed by a trained FAISS index and scored exactly.

`VectorIndex` is the whole interface; `plan` says which kind serves which size. FAISS is imported with the
first use of `VectorIndex`, so that the names of the kinds cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.index.exact import Floats, Positions
    from retrieval.index.vector_index import VectorIndex

__all__ = ["Floats", "Positions", "VectorIndex"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("retrieval.index.vector_index"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
