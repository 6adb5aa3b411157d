"""From a sample to a whole batch, with ranges.

Shares come from a Beta posterior under Jeffreys' prior (Brown, Cai and DasGupta 2001, section 4.1.2), which
also holds where the sample has none or only such products; means from the bootstrap (Efron 1979). Both ranges
shrink with the share of the batch that the sample already is (finite population correction).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

LEVEL = 0.95
DRAWS = 2000

Floats = npt.NDArray[np.float64]


class Range(BaseModel):
    """What is expected, and from where to where it lies with a confidence of `LEVEL`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    expected: float
    high: float


@dataclass(frozen=True)
class Sampled:
    """What the rehearsal of a sample showed.

    Attributes:
        products: in the sample.
        uncertain: of those, how many the gate held back.
        tokens_in, tokens_out: of each deliberation; none without a language model.
        calls: requests per deliberation.
        shortest, longest: answers of the least and greatest length, as factors of `tokens_out`.
        encode_seconds: per product, in the domain expert.
    """

    products: int
    uncertain: int
    tokens_in: Sequence[int]
    tokens_out: Sequence[int]
    calls: float
    shortest: float
    longest: float
    encode_seconds: float

    def with_cases_of(self, other: "Sampled") -> "Sampled":
        """With what a deliberation takes as `other` found it."""
        seen = replace(other, products=self.products, uncertain=self.uncertain)
        return replace(seen, encode_seconds=self.encode_seconds)


@dataclass(frozen=True)
class Defining:
    """Definitions that are still to be written.

    Attributes:
        missing: categories without one.
        met: how often the sample came across each of some of those.
        tokens_in, tokens_out: per definition.
    """

    missing: int = 0
    met: Sequence[int] = ()
    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def written(self) -> Range:
        """How many a batch will write: the sample's, Chao's (1984) estimate of all, and all missing."""
        times = Counter(self.met)
        unseen = times[1] ** 2 / (2 * max(1, times[2]))
        expected = min(float(self.missing), len(self.met) + unseen)
        return Range(low=len(self.met), expected=expected, high=self.missing)


@dataclass(frozen=True)
class Known:
    """Deliberations that were really made: what they took, and what the rehearsal says of the same products.

    Attributes:
        tokens_in, tokens_out: of each, as the model reported them.
        rehearsed_in: of each.
        seconds: of working time a row of their batch took; None where it is unknown.
    """

    tokens_in: Sequence[int] = ()
    tokens_out: Sequence[int] = ()
    rehearsed_in: Sequence[int] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class Draws:
    """Many draws of a figure, and the figure itself."""

    expected: float
    values: Floats

    def range(self) -> Range:
        edge = (1 - LEVEL) / 2
        low, high = np.quantile(self.values, [edge, 1 - edge])
        low, high = min(float(low), self.expected), max(float(high), self.expected)
        return Range(low=low, expected=self.expected, high=high)


def per_case(sampled: Sampled, known: Known, draw: np.random.Generator) -> tuple[Draws, Draws]:
    """Tokens in and out of one deliberation."""
    if known.tokens_out:
        return _from_known(sampled, known, draw)
    read, written = np.asarray(sampled.tokens_in, float), np.asarray(sampled.tokens_out, float)
    if not len(read):
        nothing = Draws(0.0, np.zeros(DRAWS))
        return nothing, nothing
    places = _resampled(len(read), draw)
    lengths = np.exp(draw.uniform(np.log(sampled.shortest), np.log(sampled.longest), DRAWS))
    return (
        Draws(float(read.mean()), read[places].mean(1)),
        Draws(float(written.mean()), written[places].mean(1) * lengths),
    )


def _from_known(sampled: Sampled, known: Known, draw: np.random.Generator) -> tuple[Draws, Draws]:
    """Rehearsed prompts, corrected as the model's own counts show, and answers as long as its real ones."""
    read, rehearsed = np.asarray(known.tokens_in, float), np.asarray(known.rehearsed_in, float)
    written = np.asarray(known.tokens_out, float)
    own = np.asarray(sampled.tokens_in or known.rehearsed_in, float)
    places = _resampled(len(read), draw)
    ratios = read[places].sum(1) / rehearsed[places].sum(1)
    prompts = own[_resampled(len(own), draw)].mean(1)
    return (
        Draws(float(own.mean() * read.sum() / rehearsed.sum()), prompts * ratios),
        Draws(float(written.mean()), written[places].mean(1)),
    )


def uncertain_rows(sampled: Sampled, rows: int, draw: np.random.Generator) -> Draws:
    """How many of `rows` rows the gate holds back."""
    n, k = sampled.products, sampled.uncertain
    if not n or not rows:
        return Draws(0.0, np.zeros(DRAWS))
    shares = draw.beta(k + 0.5, n - k + 0.5, DRAWS)
    unseen = np.sqrt(max(0.0, 1 - n / rows))
    return Draws(rows * k / n, rows * np.clip(k / n + (shares - k / n) * unseen, 0.0, 1.0))


def scaled(draws: Draws, by: Draws, more: Range, each: float) -> Draws:
    """`draws` times `by`, and definitions of `each` on top."""
    between = np.linspace(more.low, more.high, len(draws.values))
    return Draws(
        draws.expected * by.expected + more.expected * each, draws.values * by.values + between * each
    )


def _resampled(size: int, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    """Places of `DRAWS` samples with replacement, (draws, size)."""
    return draw.integers(0, size, (DRAWS, size))
