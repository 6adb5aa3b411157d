"""Training rows as lists of pairs: a product beside each of its candidates, and which of them are right."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.index import Floats
from retrieval.pairs.evidence import CategoryEvidence, title_groups
from retrieval.pairs.pair_encoder import PairEncoder
from retrieval.pairs.texts import Pair, category_text
from retrieval.taxonomy import Taxonomy
from training.rows import LabelledRows
from training.selector.candidates import OutOfFold

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairList:
    """Attributes:
    right: which pairs are of a right category; none where every candidate is wrong.
    """

    pairs: Sequence[Pair]
    right: Sequence[bool]


def pair_lists(
    model: PairEncoder,
    rows: LabelledRows,
    vectors: Floats,
    taxonomy: Taxonomy,
    recommended: OutOfFold,
    places: Ints,
) -> list[PairList]:
    """Make the lists of the recommendations at `places`.

    Evidence comes from the training rows, without the product itself and its near-duplicates.

    Args:
        vectors: of the rows, from the encoder that finds evidence in use, (n, dim).
    """
    groups = title_groups([product.title for product in rows.products])
    evidence = CategoryEvidence(vectors, rows.positions, groups)
    titles = model.texts.tokenize(rows.texts)
    paths = model.texts.tokenize([category_text(category) for category in taxonomy.categories])
    truths = _truths(rows)

    def pair(row: int, position: int) -> Pair:
        shown = evidence.nearest(vectors[row], position, model.record.evidence, leave_out=int(groups[row]))
        return model.texts.pair(titles[row], paths[position], [titles[i] for i in shown])

    def made(place: int) -> PairList:
        row = int(recommended.rows[place])
        candidates = [p for p in recommended.positions[place].tolist() if p >= 0]
        right = truths[rows.products[row].product_id]
        return PairList([pair(row, p) for p in candidates], [p in right for p in candidates])

    return [made(place) for place in places.tolist()]


def _truths(rows: LabelledRows) -> dict[str, set[int]]:
    """All right positions of each product."""
    found: dict[str, set[int]] = defaultdict(set)
    for product, position in zip(rows.products, rows.positions.tolist(), strict=True):
        found[product.product_id].add(position)
    return found
