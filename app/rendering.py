"""What a contestant would send for one product."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.definitions.store import DefinitionStore
from agents.domain_expert import DomainExpert
from agents.fusion import Fusions
from agents.llm.counting import token_counter
from agents.llm.model import Strategy
from catalog.errors import SettingsError
from catalog.product import Product
from catalog.progress import Progress
from catalog.settings import Settings
from experiments.cases import LabelledCase, labelled_case, read_cases
from experiments.opening import Bench, open_arm
from experiments.preparing import prepared, recommended
from experiments.recording import Request, recording_llm
from retrieval.workspace import DEFINITIONS, GENERAL, Workspace


@dataclass(frozen=True)
class Rendered:
    """Attributes:
    identity: strategy, prompts and model.
    counted: how the tokens were counted.
    """

    identity: Mapping[str, str]
    requests: list[Request]
    counted: str


def one_case(cases: Path, product_id: str | None) -> LabelledCase:
    """A case of a set; the first where no product is named.

    Raises:
        CatalogError: the set cannot be read.
        SettingsError: it does not hold the product.
    """
    found = read_cases(cases)
    if product_id is None:
        return found[0]
    for case in found:
        if case.product.product_id == product_id:
            return case
    raise SettingsError(
        f"`{cases}` has no case of product {product_id!r}.", fix=f"Such as {found[0].product.product_id!r}."
    )


def rendered(
    contestant: str,
    product: Product,
    folder: Path,
    settings: Settings,
    overlay: Path | None,
    *,
    explain: bool,
    progress: Progress,
) -> Rendered:
    """Run the real agents over a stand-in of the language model that writes down what it is asked.

    Raises:
        DualExpertError: something cannot be opened, or the prompt cannot be rendered.
    """
    workspace = Workspace(folder)
    counter = token_counter(
        settings.llm, cache_dir=settings.cache_dir, accept_gemma_terms=settings.accept_gemma_terms
    )
    # Only its name and how it ranks best are taken from the model itself, which need not be loaded.
    ranks: Strategy = "likelihood" if settings.llm.startswith("embedded") else "rank"
    llm, _ = recording_llm(settings.llm, ranks, counter)
    arm = open_arm(contestant, Bench(llm, Fusions.load(workspace.path(GENERAL)), overlay))
    with progress.task("opening the workspace", None):
        expert = DomainExpert.open(workspace, device=settings.device, threads=settings.threads)
    store = DefinitionStore.open(workspace.path(DEFINITIONS))
    try:
        recommendations = recommended([product], expert, settings.top_k, progress)
        ready = prepared([labelled_case(product, ["unknown"], "")], recommendations, store)
    finally:
        store.close()
    return Rendered(arm.identity, arm.requests(ready.cases[0], counter, explain=explain), counter.note)
