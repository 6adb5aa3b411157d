"""What the throughput of batches is measured on: an encoder with cached output, catalogs of any length."""

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agents.case import Recommendation
from agents.domain_expert import DomainExpert
from agents.llm.factory import LLM
from app.opening import Opened
from catalog.product import Product, Row
from catalog.reader import read_catalog
from graph.open import Opening, open_experts
from retrieval.workspace import Workspace

COLUMNS = ("product_id", "title", "description", "brand", "popularity")
BREAKING = "breaks-the-classifier"
BAD_ROWS: Mapping[str, bytes] = {
    "malformed": b'bad-malformed,"a "title" in quotes",,,\n',
    "encoding": b"bad-encoding,K\xf6ln,,,\n",
    "missing_id": b",A product without an id,,,\n",
    "duplicate_id": b"{first},The first product again,,,\n",
    "empty_title": b"bad-title,,,,\n",
    "too_long": b"bad-long," + b"x" * 1_000_000 + b",,,\n",
    "bad_value": b"bad-value,A product,,,many\n",
    "internal": BREAKING.encode() + b",A product that breaks the classifier,,,\n",
}
"""By kind of error row: a line of a catalog."""


@dataclass(frozen=True)
class CachedExpert:
    """A domain expert that says of all products what it said of some: a lookup a product."""

    remembered: Sequence[Recommendation]
    real: DomainExpert

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def __call__(self, products: Sequence[Product], *, k: int = 10) -> list[Recommendation]:
        return [self._of(product) for product in products]

    def _of(self, product: Product) -> Recommendation:
        if product.product_id == BREAKING:
            raise RuntimeError("this product breaks the classifier")
        number = int(product.product_id.rpartition("-")[2])
        return self.remembered[number % len(self.remembered)]


def endless(catalog: Path) -> Iterator[Product]:
    """The catalog's products again and again, read anew each time."""
    while True:
        yield from (item.product for item in read_catalog(catalog) if isinstance(item, Row))


def first_products(catalog: Path, count: int) -> list[Product]:
    return list(itertools.islice(endless(catalog), count))


def write_rows(catalog: Path, rows: int, target: Path, *, bad: bool = False) -> None:
    """A CSV of `rows` rows under ids of their own, never held in memory.

    Args:
        bad: put a bad row of every kind into it, spread over the whole, in place of good ones.
    """
    kinds = list(BAD_ROWS)
    places = {rows * (place + 1) // (len(kinds) + 1): kind for place, kind in enumerate(kinds)} if bad else {}
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, product in enumerate(itertools.islice(endless(catalog), rows)):
            own_id = f"p-{number}"
            if number in places:
                file.flush()
                file.buffer.write(BAD_ROWS[places[number]].replace(b"{first}", b"p-0"))
                continue
            writer.writerow([own_id, product.title, product.description, product.brand, ""])


def opened_cached(
    workspace: Path, products: Sequence[Product], *, unsure: int = 0, llm: LLM | None = None
) -> Opened:
    """A workspace whose encoder's output is cached for these products; their confidences are made up.

    Args:
        unsure: one product in so many is held back by the gate; 0 for none.
    """
    experts = open_experts(Opening(workspace, llm=llm, device="cpu"))
    said = experts.domain_expert(products)
    remembered = [
        each.model_copy(update={"confidence": float(not unsure or place % unsure != 0)})
        for place, each in enumerate(said)
    ]
    cached = CachedExpert(remembered, experts.domain_expert)
    # What the graph calls is here; the graph names the class.
    domain_expert: DomainExpert = cached  # type: ignore[assignment]
    return Opened(Workspace(workspace), replace(experts, domain_expert=domain_expert), llm, None)
