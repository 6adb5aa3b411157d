"""One pass over a catalog: how many rows there are of what sort, and a random sample of those to classify."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from random import Random

from catalog.chunks import chunked
from catalog.product import Product, Row
from graph.batch.chunks import CatalogRow
from graph.batch.hashing import product_hash
from graph.batch.past import Past

_LOOKED_UP_AT_ONCE = 1000


@dataclass
class Survey:
    """Attributes:
    rows: of the catalog, up to a limit.
    done: rows that are in the output already.
    errors: rows that cannot be read, of those that are left.
    copied: rows whose verdict an earlier batch has.
    left: rows to classify.
    sample: a random sample of them, each as likely as any other.
    asked_for: products whose id was asked for, done or not.
    """

    rows: int = 0
    done: int = 0
    errors: int = 0
    copied: int = 0
    left: int = 0
    sample: list[Product] = field(default_factory=list)
    asked_for: list[Product] = field(default_factory=list)


def survey(
    rows: Iterator[CatalogRow],
    *,
    size: int,
    done: int = 0,
    past: Past | None = None,
    ids: Collection[str] = (),
    seed: int = 0,
) -> Survey:
    """Read a catalog once; in memory is only what is returned.

    Args:
        size: most products in the sample.
        done: the first so many rows are in the output.
        past: an earlier batch whose verdicts will be taken over.
        ids: products to be handed back.
    """
    found = Survey()
    draw = Random(seed)
    for some in chunked(rows, _LOOKED_UP_AT_ONCE):
        good = [row.product for row in some if isinstance(row, Row)]
        found.asked_for += [product for product in good if product.product_id in ids]
        found.rows += len(some)
        rest = [row for row in some if row.number > done]
        found.done += len(some) - len(rest)
        products = [row.product for row in rest if isinstance(row, Row)]
        found.errors += len(rest) - len(products)
        fresh = products if past is None else _changed(products, past)
        found.copied += len(products) - len(fresh)
        for product in fresh:
            _draw(found, product, size, draw)
    return found


def _changed(products: list[Product], past: Past) -> list[Product]:
    hashes = [product_hash(product) for product in products]
    known = past.known(hashes)
    return [product for product, key in zip(products, hashes, strict=True) if key not in known]


def _draw(found: Survey, product: Product, size: int, draw: Random) -> None:
    """Reservoir sampling (Vitter 1985, algorithm R)."""
    found.left += 1
    if len(found.sample) < size:
        found.sample.append(product)
        return
    place = draw.randrange(found.left)
    if place < size:
        found.sample[place] = product
