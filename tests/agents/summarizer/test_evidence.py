from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from agents.domain_expert import Examples
from agents.summarizer.confusions import Confusions
from agents.summarizer.evidence import CONFUSED, POPULAR, REPRESENTATIVES, SIBLINGS, Evidence
from retrieval.taxonomy import Taxonomy


def made(
    titles: list[str], vectors: list[list[float]], popularity: list[float] | None = None, locale: str = ""
) -> Evidence:
    """One category of these products, and one of none."""
    count = len(titles)
    examples = Examples(
        [f"p{i}" for i in range(count)],
        titles,
        titles,
        [locale] * count,
        popularity or [0.0] * count,
        np.zeros(count, np.int64),
    )
    rows = np.asarray(vectors, np.float32)
    return Evidence(
        Taxonomy.from_paths(["a", "b"]), examples, rows, np.eye(2, rows.shape[1], dtype=np.float32)
    )


def _clusters() -> Evidence:
    """Four groups of 2, 3, 4 and 5 products around the axes, the middle one of each exactly on it."""
    vectors, titles = [], []
    for axis, size in enumerate((2, 3, 4, 5)):
        for number in range(size):
            vector = np.zeros(4)
            vector[axis], vector[(axis + 1) % 4] = 1.0, 0.0 if number == 0 else 0.02 * (-1) ** number * number
            vectors.append((vector / np.linalg.norm(vector)).tolist())
            titles.append(f"group {axis} product {number}")
    return made(titles, vectors)


def test_the_sample_is_of_the_category_and_without_repeats(evidence) -> None:
    for position in range(len(evidence.taxonomy)):
        rows = evidence.sample(position)
        assert 1 <= len(rows) == len(set(rows)) <= POPULAR + REPRESENTATIVES
        assert {int(evidence.examples.positions[r]) for r in rows} == {position}


def test_one_product_of_each_cluster_stands_for_it_the_largest_cluster_first() -> None:
    clusters = _clusters()
    groups = [clusters.examples.titles[row].split()[1] for row in clusters.sample(0)]
    assert groups == ["3", "2", "1", "0"]


def test_popular_products_come_first_and_only_where_popularity_is_known() -> None:
    known = made(["one", "two", "three", "four"], [[1.0, 0.0]] * 4, [1.0, 0.0, 7.0, 3.0])
    assert known.sample(0)[:POPULAR] == [2, 3]
    unknown = made(["one", "two", "three"], [[1.0, 0.0]] * 3)
    assert unknown.sample(0) == [0, 1, 2]


def test_products_of_the_same_title_are_shown_once() -> None:
    assert made(["Red Bed", "red bed!", "Blue bed"], [[1.0, 0.0]] * 3).sample(0) == [0, 2]


def test_a_category_without_products_has_no_sample_and_no_terms() -> None:
    alone = made(["red bed", "blue bed"], [[1.0, 0.0]] * 2)
    assert alone.sample(1) == []
    assert alone.terms(1) == []
    assert alone.siblings(1) == [0]


def test_terms_set_the_category_apart(evidence) -> None:
    beds = evidence.taxonomy.require("Pet Supplies > Dogs > Dog Beds")
    hoses = evidence.taxonomy.require("Garden > Watering > Garden Hoses")
    assert {"dog", "bed"} & set(evidence.terms(beds))
    assert "hose" in evidence.terms(hoses)
    assert "dog" not in evidence.terms(hoses)


def test_siblings_are_other_categories(evidence) -> None:
    for position in range(len(evidence.taxonomy)):
        siblings = evidence.siblings(position)
        assert position not in siblings
        assert len(siblings) == len(set(siblings)) == SIBLINGS


def test_confused_categories_come_before_neighbours_that_fill_up(evidence) -> None:
    near = replace(evidence, confusions=Confusions()).siblings(0)
    far = [i for i in range(1, len(evidence.taxonomy)) if i not in near[:2]]
    confusions = Confusions({0: Counter({far[0]: 1, far[1]: 5})})
    assert replace(evidence, confusions=confusions).siblings(0) == [far[1], far[0], *near[:2]]


def test_confusions_leave_room_for_a_neighbour(evidence) -> None:
    others = list(range(1, len(evidence.taxonomy)))
    many = replace(evidence, confusions=Confusions({0: Counter(others)}))
    nearest = replace(evidence, confusions=Confusions()).siblings(0)
    found = many.siblings(0)
    assert found[:CONFUSED] == others[:CONFUSED]
    assert found[CONFUSED] == next(i for i in nearest if i not in others[:CONFUSED])


@pytest.mark.parametrize(("locale", "code"), [("de-DE", "de"), ("", "ru")])
def test_the_language_is_the_products_or_else_the_catalogs(locale: str, code: str) -> None:
    titles = ["Шланг для сада", "Набор из дерева", "Кормушка для птиц"]
    assert made(titles, [[1.0, 0.0]] * 3, locale=locale).language(1 if not locale else 0) == code
