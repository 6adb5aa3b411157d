"""The labelled rows of a catalog that an evaluation runs on."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random

from catalog.errors import CatalogError
from catalog.product import Product, Row, RowError
from catalog.progress import Progress
from catalog.reader import count_rows, read_catalog
from catalog.split import read_split
from catalog.text import text_key
from retrieval.taxonomy import Taxonomy


@dataclass
class Labelled:
    """Attributes:
    products: rows of the part, with labels that the taxonomy knows.
    errors: rows of the part that cannot be used.
    paths_by_text: of the whole catalog, all labels of products with the same text.
    """

    products: list[Product] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    paths_by_text: dict[bytes, set[str]] = field(default_factory=dict)

    def any_truths(self, product: Product) -> tuple[str, ...]:
        """All paths under which a product with the same text stands."""
        return tuple(sorted(self.paths_by_text[_text_hash(product)]))


@dataclass(frozen=True)
class Part:
    """Rows of one part of a split file, or all rows.

    Attributes:
        of_product: part by product id; None takes every row.
    """

    name: str
    of_product: Mapping[str, str] | None

    @classmethod
    def read(cls, split: Path | None, name: str) -> "Part":
        """From a split file.

        Raises:
            CatalogError: the file cannot be read or has no such part.
        """
        if split is None:
            return cls("all rows", None)
        parts = read_split(split)
        sizes = Counter(parts.values())
        if name not in sizes:
            shown = ", ".join(f"{part!r} ({n:,})" for part, n in sorted(sizes.items()))
            raise CatalogError(f"`{split}` has no part {name!r}.", fix=f"Choose with `--part` among {shown}.")
        return cls(name, parts)

    def __contains__(self, product_id: str) -> bool:
        return self.of_product is None or self.of_product.get(product_id) == self.name


def read_labelled(
    catalog: Path, *, columns: Mapping[str, str], part: Part, taxonomy: Taxonomy, progress: Progress
) -> Labelled:
    """Read the whole catalog and keep the rows of one part.

    Raises:
        CatalogError: the catalog cannot be read, or nothing of the part is left.
    """
    found = Labelled()
    with progress.task("reading", count_rows(catalog)) as advance:
        for item in read_catalog(catalog, columns=columns, labelled=True):
            _take(item, part, taxonomy, found)
            advance(1)
    if not found.products:
        raise CatalogError(
            f"`{catalog}` has no row of {part.name!r} that can be used, and {len(found.errors)} that cannot.",
            fix="Check that labels and ids are those of the workspace and the split file.",
        )
    return found


def refuse_training_rows(catalog: Path, labelled: Labelled, trained: Set[str]) -> None:
    """A figure on rows that the workspace was trained on would say nothing.

    Args:
        trained: product ids of the workspace's training part.

    Raises:
        CatalogError: there are such rows; says how many.
    """
    seen = [product.product_id for product in labelled.products if product.product_id in trained]
    if seen:
        raise CatalogError(
            f"{len(seen):,} of {len(labelled.products):,} rows of `{catalog}` were trained on, "
            f"such as {seen[0]!r}.",
            fix="Name the held-out rows with `--split FILE --part test`, or pass `--allow-training-rows`.",
        )


def drawn(labelled: Labelled, limit: int | None) -> list[Product]:
    """At most `limit` products, the same random ones every time, in their order."""
    products = labelled.products
    if limit is None or len(products) <= limit:
        return products
    return [products[i] for i in sorted(Random(0).sample(range(len(products)), limit))]


def _take(item: Row | RowError, part: Part, taxonomy: Taxonomy, found: Labelled) -> None:
    if isinstance(item, RowError):
        # Without an id nobody knows the part, so the row counts.
        if not item.product_id or item.product_id in part:
            found.errors.append(item)
        return
    product = item.product
    found.paths_by_text.setdefault(_text_hash(product), set()).update(product.category_paths)
    if product.product_id not in part:
        return
    unknown = [path for path in product.category_paths if taxonomy.position(path) is None]
    if unknown:
        message = f"Row {item.number}: category {unknown[0]!r} is not in the taxonomy. Fix: correct it."
        found.errors.append(RowError(item.number, product.product_id, "unknown_category", message))
    else:
        found.products.append(product)


def _text_hash(product: Product) -> bytes:
    """Eight bytes for a product's text, because there may be millions."""
    key = text_key(f"{product.title} {product.brand} {product.description}")
    return blake2b(key.encode(), digest_size=8).digest()
