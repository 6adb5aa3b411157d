import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import CatalogError, SettingsError
from catalog.groups import words_key
from catalog.product import Product
from catalog.split import KEPT, k_folds, leave_categories_out, read_split, stratified_split

STEADY = settings(deadline=None, derandomize=True)


def product(number: int, title: str, category: str) -> Product:
    return Product(product_id=str(number), title=title, category_paths=(category,) if category else ())


def name(number: int) -> str:
    """A word of its own for each number: titles that differ in numbers alone are near-duplicates."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number)) + "pot"


def of_sizes(sizes: Sequence[int]) -> list[Product]:
    """Categories C0, C1, … of so many products, no two of them near-duplicates."""
    return [
        product(0, f"pan{name(c)} {name(n)}", f"C{c}") for c, size in enumerate(sizes) for n in range(size)
    ]


def category(item: Product) -> str:
    return item.category_paths[0] if item.category_paths else ""


def parent(path: str) -> str:
    return path.rpartition(" > ")[0]


@st.composite
def catalogs(draw: st.DrawFn) -> list[Product]:
    titles = st.sampled_from(
        [f"{t} {name(n)} {n}" for t in ("Pan", "pan!", "Pot", "?") for n in range(draw(st.integers(1, 12)))]
    )
    rows = draw(st.lists(st.tuples(titles, st.sampled_from(["", "A", "A > B", "C", "D"])), max_size=60))
    return [product(i, *row) for i, row in enumerate(rows)]


def groups_by_category(products: Sequence[Product]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for item in products:
        groups[category(item)].add(words_key(item.title))
    return groups


def assert_rules(products: Sequence[Product], held_out: set[int]) -> None:
    """No title on both sides, every category in the kept part, small categories wholly in it."""
    kept = [p for i, p in enumerate(products) if i not in held_out]
    held = [products[i] for i in sorted(held_out)]
    assert not {words_key(p.title) for p in kept} & {words_key(p.title) for p in held}
    assert {category(p) for p in kept} == {category(p) for p in products}
    small = {name for name, groups in groups_by_category(products).items() if len(groups) < 2}
    assert not small & {category(p) for p in held}


@STEADY
@given(catalogs(), st.floats(0.01, 0.99), st.integers(0, 5))
def test_split_keeps_the_rules(products: list[Product], fraction: float, seed: int) -> None:
    kept, held = stratified_split(products, fraction=fraction, seed=seed)
    assert sorted(kept + held) == list(range(len(products)))
    assert kept == sorted(kept)
    assert held == sorted(held)
    assert_rules(products, set(held))


@STEADY
@given(catalogs(), st.integers(2, 5), st.integers(0, 5))
def test_folds_keep_the_rules(products: list[Product], k: int, seed: int) -> None:
    folds = k_folds(products, k, seed)
    assert len(folds) == len(products)
    assert set(folds) <= {KEPT, *range(k)}
    for fold in range(k):
        assert_rules(products, {i for i, f in enumerate(folds) if f == fold})


@STEADY
@given(st.lists(st.integers(2, 30), min_size=1, max_size=8), st.floats(0.05, 0.6), st.integers(0, 3))
def test_split_holds_out_the_share_of_every_category(sizes: list[int], fraction: float, seed: int) -> None:
    products = of_sizes(sizes)
    _, held = stratified_split(products, fraction=fraction, seed=seed)
    counts = Counter(category(products[i]) for i in held)
    for c, size in enumerate(sizes):
        assert abs(counts[f"C{c}"] - fraction * size) <= 1
    assert abs(len(held) - fraction * len(products)) <= 1 + sum(size == 2 for size in sizes)


@STEADY
@given(st.lists(st.integers(5, 30), min_size=1, max_size=8), st.integers(2, 5))
def test_folds_are_even_in_every_category(sizes: list[int], k: int) -> None:
    products = of_sizes(sizes)
    folds = k_folds(products, k, seed=1)
    for c in range(len(sizes)):
        counts = Counter(fold for fold, p in zip(folds, products, strict=True) if category(p) == f"C{c}")
        assert set(counts) == set(range(k))
        assert max(counts.values()) - min(counts.values()) <= 1


def test_single_groups_take_no_part_in_the_share() -> None:
    products = [product(i, f"pan {name(i)}", "Big" if i % 2 else f"C{i}") for i in range(200)]
    for seed in range(5):
        _, held = stratified_split(products, fraction=0.3, seed=seed)
        assert len(held) == 30
        counts = Counter(k_folds(products, 4, seed))
        assert counts == {KEPT: 100, 0: 25, 1: 25, 2: 25, 3: 25}


def test_order_of_the_products_does_not_decide_what_is_held_out() -> None:
    _, held = stratified_split([product(i, f"pan {name(i)}", "C") for i in range(200)], fraction=0.25, seed=0)
    assert len({second - first for first, second in pairwise(held)}) > 2


def test_seed_decides_and_nothing_else() -> None:
    products = [product(i, f"pan {name(i)}", f"C{i % 7}") for i in range(300)]
    assert stratified_split(products, fraction=0.2, seed=1) == stratified_split(
        products, fraction=0.2, seed=1
    )
    assert stratified_split(products, fraction=0.2, seed=1) != stratified_split(
        products, fraction=0.2, seed=2
    )
    assert k_folds(products, 5, 1) != k_folds(products, 5, 2)


def test_same_split_whatever_the_hash_seed() -> None:
    script = (
        "import json; from catalog.product import Product; from catalog.split import *;"
        "p = [Product(product_id='p', title=chr(65 + i % 70) * 2, category_paths=(f'D > C{i % 9}',))"
        " for i in range(99)];"
        "print(json.dumps([stratified_split(p, fraction=.3, seed=4), k_folds(p, 3, 4),"
        " leave_categories_out(p, .3, 4)]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())[0][1]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_senseless_share(fraction: float) -> None:
    with pytest.raises(SettingsError):
        stratified_split([], fraction=fraction, seed=0)
    with pytest.raises(SettingsError):
        leave_categories_out([], fraction, 0)


TREES = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"), st.integers(0, 6)), min_size=1, max_size=80
)


@STEADY
@given(TREES, st.floats(0.05, 0.9), st.integers(0, 5))
def test_categories_are_left_out_whole_and_siblings_remain(
    leaves: list[tuple[str, str, int]], fraction: float, seed: int
) -> None:
    products = [product(i, "pan", f"{d} > {p} > {n}") for i, (d, p, n) in enumerate(leaves)]
    known, held = leave_categories_out(products, fraction, seed)
    assert sorted(known + held) == list(range(len(products)))
    learnt, new = ({category(products[i]) for i in rows} for rows in (known, held))
    assert not learnt & new
    assert {path[0] for path in learnt} == {d for d, _, _ in leaves}
    siblings = Counter(path.rpartition(" > ")[0] for path in learnt | new)
    assert {parent for parent, n in siblings.items() if n > 1} <= {
        path.rpartition(" > ")[0] for path in learnt
    }


@STEADY
@given(st.lists(st.integers(10, 60), min_size=1, max_size=6), st.integers(0, 5))
def test_every_department_gives_its_share_of_categories(sizes: list[int], seed: int) -> None:
    products = [product(0, "pan", f"D{d} > C{c}") for d, size in enumerate(sizes) for c in range(size)]
    _, held = leave_categories_out(products, 0.1, seed)
    counts = Counter(category(products[i]).split(" > ")[0] for i in held)
    for d, size in enumerate(sizes):
        assert abs(counts[f"D{d}"] - 0.1 * size) <= 1


def test_seed_decides_which_categories_are_left_out() -> None:
    products = [product(i, "pan", f"A > C{i % 50}") for i in range(100)]
    assert leave_categories_out(products, 0.1, 1) == leave_categories_out(products[:], 0.1, 1)
    assert leave_categories_out(products, 0.1, 1) != leave_categories_out(products, 0.1, 2)


def test_a_product_of_a_category_left_out_is_nowhere_learnt() -> None:
    both = ("A > B", "A > C")
    products = [Product(product_id=str(i), title="pan", category_paths=both) for i in range(3)]
    products += [product(9, "pot", "A > B"), product(9, "pot", "A > C"), product(9, "pot", "A > D")]
    known, held = leave_categories_out(products, 0.5, 0)
    learnt = {path for i in known for path in products[i].category_paths}
    left_out = {"A > B", "A > C", "A > D"} - learnt
    assert left_out
    assert all(left_out & set(products[i].category_paths) for i in held)


def test_senseless_folds() -> None:
    with pytest.raises(SettingsError):
        k_folds([], 1, 0)


def test_read_split(tmp_path: Path) -> None:
    pq.write_table(pa.table({"product_id": [1, 2], "split": ["train", "rare"]}), tmp_path / "s.parquet")
    (tmp_path / "s.csv").write_text("split,product_id,x\ntrain, 1,\nrare,2,\nrare,2,\n")
    assert read_split(tmp_path / "s.parquet") == {"1": "train", "2": "rare"}
    assert read_split(tmp_path / "s.csv") == {"1": "train", "2": "rare"}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("product_id,part\n1,train\n", "no column `split`"),
        ("product_id,split\n", "no rows"),
        ("product_id,split\n1,train\n1,test\n", "line 3: '1' is in 'train' and 'test'"),
        ("product_id,split\n1\n", "line 2: 1 fields"),
        ("product_id,split\n1,\n", "line 2: `split` is missing"),
        ("product_id,split\n,test\n", "line 2: `product_id` is missing"),
        ("", "is empty"),
    ],
)
def test_bad_split_file(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(CatalogError, match=part) as caught:
        read_split(path)
    assert caught.value.fix


def test_split_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="does not exist"):
        read_split(tmp_path / "s.csv")
    with pytest.raises(CatalogError, match="is a folder"):
        read_split(tmp_path)
