"""The evidence of the shared workspace, and a brief that needs none."""

from pathlib import Path

import pytest

from agents.domain_expert import DomainExpert
from agents.summarizer import Evidence
from agents.summarizer.brief import Brief, Sibling
from retrieval.workspace import Workspace


@pytest.fixture(scope="session")
def evidence(workspace_dir: Path) -> Evidence:
    workspace = Workspace(workspace_dir)
    return Evidence.open(workspace, DomainExpert.open(workspace, device="cpu"))


@pytest.fixture
def brief() -> Brief:
    return Brief(
        category_id="beds",
        path="Pets > Dogs > Dog Beds",
        leaf="Dog Beds",
        description="",
        language="en",
        terms=("dog", "bed"),
        example_ids=("p1",),
        titles=("Grey orthopaedic dog bed with washable cover",),
        siblings=(
            Sibling("cats", "Pets > Cats > Cat Beds", "Cat Beds", ("cat", "bed")),
            Sibling("toys", "Pets > Dogs > Dog Toys", "Dog Toys", ("ball", "rope", "dog")),
        ),
    )
