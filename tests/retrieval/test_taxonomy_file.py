"""A taxonomy opens from what we wrote and from what shops publish; ids of inner nodes are kept."""

import pytest

from catalog.errors import TaxonomyError
from retrieval.taxonomy import Taxonomy
from retrieval.taxonomy_file import open_taxonomy

GOOGLE = """# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animals
3 - Animals > Live
4 - Animals > Food
"""


def test_a_published_file_needs_no_import(tmp_path) -> None:
    file = tmp_path / "taxonomy-with-ids.en-US.txt"
    file.write_text(GOOGLE)
    taxonomy = open_taxonomy(file)
    assert [c.category_path for c in taxonomy.categories] == ["Animals > Live", "Animals > Food"]
    assert (taxonomy.node_id("Animals"), taxonomy.node_id("Animals > Food")) == ("1", "4")


def test_inner_ids_survive_a_file_of_ours(tmp_path) -> None:
    file = tmp_path / "any name.json"
    Taxonomy(Taxonomy.from_paths(["A > x"]).categories, {"A": "17"}).save(file)
    assert open_taxonomy(file).node_id("A") == "17"


def test_what_cannot_be_read_is_refused(tmp_path) -> None:
    for name in ("missing.txt", "broken.json"):
        (tmp_path / "broken.json").write_text("{")
        with pytest.raises(TaxonomyError):
            open_taxonomy(tmp_path / name)
