"""Case sets from a catalog, a review queue or a file of a chat."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agents.case import Recommendation
from agents.domain_expert import DomainExpert
from app.labelled import Part, read_labelled, refuse_training_rows
from catalog.errors import CatalogError
from catalog.product import Product
from catalog.progress import Progress
from experiments.cases import LabelledCase, labelled_case
from experiments.preparing import recommended
from graph.context import Context, Experts
from graph.gate import Router
from retrieval.workspace import Workspace
from review.queue import ReviewQueue

# Of a gate that is shut: the paper's gate lets four in five products out.
UNCERTAIN_SHARE = 0.2


@dataclass(frozen=True)
class CatalogCases:
    """Which rows of a catalog become cases.

    Attributes:
        columns: our column name to the catalog's.
        everything: also what the gate accepts.
        limit: at most so many, drawn at random; None takes all.
        training_rows: even rows that the workspace was trained on.
    """

    catalog: Path
    part: Part
    columns: Mapping[str, str]
    everything: bool
    limit: int | None
    seed: int
    training_rows: bool
    top_k: int
    device: str
    threads: int | None


def from_catalog(job: CatalogCases, folder: Path, progress: Progress) -> tuple[list[LabelledCase], int]:
    """Labelled rows that the gate holds back, and how many rows could not be used.

    Raises:
        CatalogError, WorkspaceError: something cannot be read, or there are no such rows.
    """
    workspace = Workspace(folder)
    with progress.task("opening the workspace", None):
        expert = DomainExpert.open(workspace, device=job.device, threads=job.threads)
        experts = Experts(expert, workspace.gate())
    labelled = read_labelled(
        job.catalog, columns=job.columns, part=job.part, taxonomy=expert.taxonomy, progress=progress
    )
    if not job.training_rows:
        refuse_training_rows(job.catalog, labelled, set(expert.examples.product_ids))
    products = labelled.products
    if not job.everything:
        products = uncertain(products, recommended(products, expert, job.top_k, progress), experts)
    if not products:
        raise CatalogError("The gate holds no row back.", fix="Take all rows with `--all`.")
    origin = f"catalog {job.catalog.name}, {job.part.name}"
    return [labelled_case(p, p.category_paths, origin) for p in sampled(products, job)], len(labelled.errors)


def uncertain(
    products: Sequence[Product], recommendations: Sequence[Recommendation], experts: Experts
) -> list[Product]:
    """What the gate holds back; the least sure fifth while it is shut, as it then holds back everything."""
    if experts.gate.is_open:
        sure = Router(experts).sure(products, recommendations, Context())
        return [product for product, is_sure in zip(products, sure, strict=True) if not is_sure]
    order = sorted(range(len(products)), key=lambda i: recommendations[i].confidence)
    return [products[i] for i in sorted(order[: math.ceil(UNCERTAIN_SHARE * len(products))])]


def sampled(products: Sequence[Product], job: CatalogCases) -> list[Product]:
    """At most `limit`, the same random ones for the same seed, in their order."""
    if job.limit is None or len(products) <= job.limit:
        return list(products)
    return [products[i] for i in sorted(Random(job.seed).sample(range(len(products)), job.limit))]


def from_queue(path: Path) -> list[LabelledCase]:
    """What people have decided in a review queue; a product that was decided twice counts as last decided.

    Raises:
        WorkspaceError: it is no queue.
        CatalogError: nothing is decided yet.
    """
    with ReviewQueue(path, must_exist=True) as queue:
        decided = [*queue.entries("accepted"), *queue.entries("corrected")]
    by_product = {
        entry.case.product.product_id: labelled_case(
            entry.case.product, [entry.chosen_path], f"review {path.name}, case {entry.number}"
        )
        for entry in sorted(decided, key=lambda entry: entry.decided)
    }
    if not by_product:
        raise CatalogError(
            f"Nothing is decided in `{path}` yet.", fix="Decide some cases: `dual-expert review`."
        )
    return list(by_product.values())
