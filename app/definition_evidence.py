"""What a definition was written from, in words."""

from dataclasses import dataclass

import pyarrow.parquet as pq

from agents.case import Definition
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace


@dataclass(frozen=True)
class Evidence:
    """Attributes:
    terms: words that set the category apart.
    examples: titles of the products it was written from.
    siblings: paths of the categories it was told apart from.
    """

    terms: tuple[str, ...]
    examples: tuple[str, ...]
    siblings: tuple[str, ...]


def evidence_of(definition: Definition, workspace: Workspace, taxonomy: Taxonomy) -> Evidence:
    """In words; products and categories that are no more are left out."""
    examples = pq.read_table(workspace.path("examples.parquet"), columns=["product_id", "title"]).to_pydict()
    titles = dict(zip(examples["product_id"], examples["title"], strict=True))
    siblings = [taxonomy.position(i) for i in definition.sibling_ids]
    return Evidence(
        terms=definition.terms,
        examples=tuple(titles[i] for i in definition.example_ids if i in titles),
        siblings=tuple(taxonomy[i].category_path for i in siblings if i is not None),
    )
