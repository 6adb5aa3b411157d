"""Categories without labelled products: found by their label path, seated where it is about the nearest."""

import numpy as np

from catalog.product import Product
from retrieval.choice import ChoiceModel
from retrieval.index import VectorIndex
from retrieval.recall import Recall, Recalled
from retrieval.scorer import RARITY, REACH, Imputation, rank
from retrieval.sources.base import Answer, ClassScores, Queries

SOURCES = ("head",)
FLAT = Imputation(slopes=(0.0,), intercepts=(-9.0,))
CHOICE = ChoiceModel(names=(*SOURCES, RARITY), weights=(1.0, 0.0), outside=-20.0)
KNOWN = 8


def recalled(cosines: list[float], trained: float = 0.6) -> Recalled:
    """Eight known categories, better the lower their position, and then one new one for each cosine.

    Args:
        trained: cosine of the known ones.
    """
    n = KNOWN + len(cosines)
    new = np.arange(n) >= KNOWN
    scores = np.where(new, np.nan, -np.arange(n)).astype(np.float32)
    return Recalled(
        positions=np.arange(n)[None, :],
        features=scores[None, :, None],
        recalled=np.ones((1, n, 1), np.bool_),
        cosines=np.asarray([[trained] * KNOWN + cosines], np.float32),
        counts=np.where(new, 0, 10)[None, :],
        departments=np.zeros((1, n), np.int64),
        neighbours=np.zeros((1, 1), np.int64),
        similarities=np.zeros((1, 1), np.float32),
    )


def seats(given: Recalled, k: int) -> list[int]:
    found: list[int] = rank(given, FLAT, CHOICE, k).positions[0].tolist()
    return found


def test_the_nearest_of_them_are_seated_though_their_scores_are_low() -> None:
    assert sorted(seats(recalled([0.1, 0.9, 0.5, 0.7]), 6)) == [0, 1, 2, 3, 9, 11]


def test_those_much_farther_than_the_nearest_known_one_are_not() -> None:
    near, far = 0.6 - REACH + 0.01, 0.6 - REACH - 0.01
    assert seats(recalled([far]), 6) == [0, 1, 2, 3, 4, 5]
    assert seats(recalled([near]), 6) == [0, 1, 2, 3, 4, 8]


def test_the_first_answer_stays_and_the_list_still_falls() -> None:
    found = rank(recalled([0.9, 0.8]), FLAT, CHOICE, 6)
    assert found.positions[0, 0] == 0
    assert (np.diff(found.probabilities[0]) <= 0).all()


def test_they_never_take_the_only_seat() -> None:
    assert seats(recalled([0.9]), 2) == [0, 1]


class Silent:
    """A source that recalls the first category only and knows no other."""

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(np.zeros((len(queries.texts), 1), np.float32), np.asarray([0]))


def test_recall_offers_them_whatever_the_sources_say() -> None:
    vectors = np.eye(3, dtype=np.float32)
    indexes = VectorIndex.build(vectors), VectorIndex.build(vectors)
    product = Product(product_id="p", title="x")

    def offered(labels: list[int]) -> list[int]:
        recall = Recall({"head": Silent()}, *indexes, np.asarray(labels), np.zeros(3, np.int64))
        found = recall([product], ["x"], vectors[2:], 3)
        return sorted(found.positions[found.valid].tolist())

    assert offered([0, 1, 2]) == [0]
    assert offered([0, 1, 1]) == [0, 2]
