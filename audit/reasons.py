"""Why a label is suspicious, in sentences."""

import re
from collections import Counter
from functools import lru_cache
from math import log

import numpy as np

from audit.observations import Observations
from audit.out_of_fold import Evidence
from catalog.text import text_key

_NEAREST = 6
_WORDS = 3
# A word speaks for a category when this many of its titles have it, this many times as often as elsewhere.
_FEWEST_PRODUCTS = 2
_SMALLEST_SHARE = 0.1
_TELLING = log(3.0)
_WORD = re.compile(r"[^\W\d_]{2,}")


class Reasons:
    """Sentences about labels of one audit.

    Args:
        observations: all labels.
        evidence: about them.
    """

    def __init__(self, observations: Observations, evidence: Evidence) -> None:
        self._observations = observations
        self._evidence = evidence
        self._words = lru_cache(maxsize=None)(self._category_words)

    def __call__(self, i: int, proposed: int) -> tuple[str, ...]:
        """Sentences about observation `i`, whose label should rather be the category `proposed`."""
        found = (self._duplicates(i, proposed), self._neighbours(i, proposed), self._title_words(i, proposed))
        said = tuple(sentence for sentence in found if sentence)
        return said or (f"The out-of-fold model prefers {self._name(proposed)}.",)

    def contradicted(self, i: int) -> bool:
        """Whether more near-duplicates stand under another category than under the given one."""
        counts = self._evidence.duplicates.counts.get(i, Counter())
        return max(counts.values(), default=0) > counts[int(self._observations.labels[i])]

    def _duplicates(self, i: int, proposed: int) -> str:
        counts = self._evidence.duplicates.counts.get(i, Counter())
        if not counts[proposed]:
            return ""
        own = counts[int(self._observations.labels[i])]
        besides = f", {own} under the given one" if own else ""
        products = "product" if counts[proposed] == 1 else "products"
        return (
            f"{counts[proposed]} {products} with the same title words under {self._name(proposed)}{besides}."
        )

    def _neighbours(self, i: int, proposed: int) -> str:
        labels = self._observations.labels
        near = self._evidence.neighbours.rows[i, :_NEAREST]
        votes = Counter(labels[near].tolist())
        own = votes[int(labels[i])]
        if votes[proposed] <= own:
            return ""
        besides = f", {own} under the given one" if own else ", none under the given one"
        return f"{votes[proposed]} of the {len(near)} nearest products under {self._name(proposed)}{besides}."

    def _title_words(self, i: int, proposed: int) -> str:
        there, here = self._words(proposed), self._words(int(self._observations.labels[i]))
        words = dict.fromkeys(_words_of(self._observations.product(i).title))
        fewest = max(_FEWEST_PRODUCTS, _SMALLEST_SHARE * there[1])
        told = {word: _log_ratio(word, there, here) for word in words if there[0][word] >= fewest}
        best = sorted((word for word in told if told[word] >= _TELLING), key=lambda word: -told[word])
        if not best:
            return ""
        return f"Title words {', '.join(map(repr, best[:_WORDS]))} speak for {self._name(proposed)}."

    def _category_words(self, position: int) -> tuple[Counter[str], int]:
        """In how many titles of a category each word stands, and how many titles there are."""
        of = np.flatnonzero(self._observations.labels == position).tolist()
        counts: Counter[str] = Counter()
        for i in of:
            counts.update(set(_words_of(self._observations.product(i).title)))
        return counts, len(of)

    def _name(self, position: int) -> str:
        return repr(self._observations.taxonomy[position].leaf)


def _words_of(title: str) -> list[str]:
    return _WORD.findall(text_key(title))


def _log_ratio(word: str, there: tuple[Counter[str], int], here: tuple[Counter[str], int]) -> float:
    """Of the word's (smoothed) frequency in the titles of two categories."""
    return log((there[0][word] + 0.5) / (there[1] + 1)) - log((here[0][word] + 0.5) / (here[1] + 1))
