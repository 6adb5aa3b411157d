"""What every metric asks of its input: at least one product, columns of one length, sane confidences."""

from collections.abc import Sized

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import CatalogError


def require_rows(**columns: Sized) -> int:
    """Number of products that all `columns` agree on.

    Raises:
        CatalogError: there are none, or the columns differ in length.
    """
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise CatalogError(
            f"The evaluated columns differ in length: {lengths!r}.", fix="Pass one entry per product in each."
        )
    n = next(iter(lengths.values()))
    if n == 0:
        raise CatalogError(
            "There are no labelled products to evaluate.",
            fix="Pass a catalog whose `category_path` is filled in at least one row.",
        )
    return n


def require_confidences(confidences: ArrayLike) -> NDArray[np.float64]:
    """`confidences` as float64, all between 0 and 1.

    Raises:
        CatalogError: a value is not a number or outside 0 to 1.
    """
    values = np.asarray(confidences, dtype=np.float64)
    wrong = np.flatnonzero(~((values >= 0.0) & (values <= 1.0)))
    if len(wrong):
        raise CatalogError(
            f"`confidences[{wrong[0]}]` is {float(values[wrong[0]])!r}, which is no probability.",
            fix="Pass calibrated confidences between 0 and 1.",
        )
    return values
