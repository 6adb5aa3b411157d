"""Taxonomies as they are published; skipped where they are not at hand."""

from collections import Counter
from pathlib import Path

import pytest

from taxonomy.read import read_taxonomy

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real taxonomies are not here")


@pytest.mark.parametrize(
    ("name", "categories", "leaves"),
    [
        ("taxonomy_shopify_2026_08_en", 14_606, 11_942),
        ("taxonomy_google_2021_en", 5_595, 4_719),
        ("taxonomy_gs1_gpc_en", 6_073, 4_989),
    ],
)
def test_counts_are_those_of_the_source(name: str, categories: int, leaves: int) -> None:
    read = read_taxonomy([DATA / f"{name}.parquet"])
    assert read.tree is not None
    assert (len(read.tree), len(read.tree.leaves)) == (categories, leaves)
    assert not [one for one in read.findings if one.level == "error"]


def test_gpc_bricks_of_one_path_are_all_there() -> None:
    read = read_taxonomy([DATA / "taxonomy_gs1_gpc_en.parquet"])
    assert Counter(one.kind for one in read.findings)["duplicate_path"] == 367


def test_one_category_has_a_name_in_every_language() -> None:
    tree = read_taxonomy([DATA / "taxonomy_google_2019_multi.parquet"]).tree
    assert tree is not None
    assert (tree.locale, len(tree.locales)) == ("en-US", 21)
    node = tree.require("3237")
    assert (node.names["en-US"], node.names["de-DE"]) == ("Live Animals", "Lebende Tiere")
