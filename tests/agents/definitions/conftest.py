"""Definitions out of thin air, and a taxonomy of three categories."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.case import Definition
from agents.definitions import DefinitionStore
from retrieval.taxonomy import Taxonomy

Make = Callable[..., Definition]


@pytest.fixture
def make() -> Make:
    """A draft as the summarizer writes it; any field can be given."""

    def definition(text: str = "Tubes that carry water.", **fields: Any) -> Definition:
        given = {
            "category_id": "hoses",
            "category_path": "Garden > Hoses",
            "method": "llm",
            "terms": ("hose",),
            "example_ids": ("p1", "p2"),
            "sibling_ids": ("taps",),
            "model": "m",
            "prompt": "summarizer/definition.v2",
            "version": 1,
            "inputs_hash": "h1",
            "written": "2026-01-01T00:00:00.000000+00:00",
        }
        return Definition.model_validate({**given, "text": text, **fields})

    return definition


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "definitions.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[DefinitionStore]:
    opened = DefinitionStore.open(path)
    yield opened
    opened.close()


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy.from_paths(["Garden > Hoses", "Garden > Taps", "Garden > Sprinklers"])
