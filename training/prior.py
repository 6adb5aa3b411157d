"""What to believe of the sources before any labelled row tells: weights measured on another catalog.

The weights are maximum-likelihood fusion weights of the source on the validation rows of `flipkart_en`, a
marketplace catalog, fitted once and rounded. They make a confidence that is a guess about a shop it has
never seen: the gate does not open on it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from retrieval.calibrator import Temperature
from retrieval.choice import ChoiceModel
from retrieval.scorer import RARITY, Imputation, Scorer
from training.fit import Fitted
from training.sources import FROM_TAXONOMY

# Of sources that follow from the taxonomy alone.
_UNLABELLED: Final[Mapping[str, float]] = {"paths": 11.0, "names": 6.5, "words": 0.85, "none": 1.9}
# Of these beside sources that have learnt from two labelled products a category.
_LABELLED: Final[Mapping[str, float]] = {
    "paths": 8.0,
    "names": 1.6,
    "words": 0.6,
    "neighbours": 0.25,
    "ngram": 1.2,
    "none": -8.5,
}
_OTHERS: Final = 0.5


def prior_choice(sources: Sequence[str]) -> ChoiceModel:
    """The fusion of sources that nothing has been fitted for."""
    found = _UNLABELLED if set(sources) <= set(FROM_TAXONOMY) else _LABELLED
    weights = [found.get(name, _OTHERS) for name in sources]
    return ChoiceModel(names=(*sources, RARITY), weights=(*weights, 0.0), outside=found["none"])


def prior_scorer(sources: Sequence[str], imputation: Imputation | None = None) -> Scorer:
    """A scorer without labelled rows: prior weights, and the fused probability as it is.

    Args:
        imputation: None takes the value of no source for granted: all are known everywhere.
    """
    none = (0.0,) * len(sources)
    return Scorer(
        imputation=imputation or Imputation(slopes=none, intercepts=none),
        choice=prior_choice(sources),
        confidence=Temperature(temperature=1.0),
    )


def without_rows(sources: Sequence[str]) -> Fitted:
    """The prior, with no labelled row that says anything of it."""
    none = np.zeros((0, 1), np.float32)
    return Fitted(prior_scorer(sources), none[:, 0], none[:, 0] > 0, none.astype(np.int64), none)
