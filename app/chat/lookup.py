"""Products of a catalog by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import CatalogError, SettingsError
from catalog.product import Product, Row
from catalog.reader import read_catalog


@dataclass(frozen=True)
class CatalogLookup:
    """Callable on a product's id; reads the catalog up to it each time, so that no catalog is too large.

    Attributes:
        catalog: None knows no product.
        columns: our column name to the catalog's.
    """

    catalog: Path | None
    columns: Mapping[str, str]

    def __call__(self, product_id: str) -> Product:
        """A product.

        Raises:
            SettingsError: no catalog was named, or it has no such product.
            CatalogError: the catalog, or this row of it, cannot be read.
        """
        if self.catalog is None:
            raise SettingsError(
                "No catalog is open.", fix="Start with `--catalog FILE`, or paste the product."
            )
        for item in read_catalog(self.catalog, columns=self.columns):
            if isinstance(item, Row):
                if item.product.product_id == product_id:
                    return item.product
            elif item.product_id == product_id:
                raise CatalogError(item.message, fix="Correct the row, or paste the product.")
        message = f"`{self.catalog}` has no product {product_id!r}."
        raise SettingsError(message, fix="Give an id as it stands in `product_id`.")
