import pytest

from catalog.errors import TaxonomyError
from retrieval.taxonomy import Category, Taxonomy, clean_path, derived_id

PATHS = ["Toys > Snow Toys", "Toys > Beach Toys", "Garden > Pots"]


def test_derived_taxonomy_is_the_same_whatever_the_order():
    assert Taxonomy.from_paths(PATHS).categories == Taxonomy.from_paths(reversed(PATHS)).categories


def test_ids_survive_a_growing_catalog():
    small, large = Taxonomy.from_paths(PATHS), Taxonomy.from_paths([*PATHS, "Art > Clay"])
    for category in small.categories:
        assert large[large.require(category.category_path)].category_id == category.category_id


def test_lookup_by_path_and_by_id():
    taxonomy = Taxonomy.from_paths(PATHS)
    position = taxonomy.require("Garden > Pots")
    assert taxonomy.position(taxonomy[position].category_id) == position
    assert taxonomy[position].department == "Garden"
    assert taxonomy[position].leaf == "Pots"


def test_siblings_share_the_parent():
    taxonomy = Taxonomy.from_paths(PATHS)
    snow = taxonomy.require("Toys > Snow Toys")
    assert [taxonomy[i].leaf for i in taxonomy.siblings(snow)] == ["Beach Toys"]


def test_unknown_category_is_named():
    with pytest.raises(TaxonomyError, match="'Garden > Gnomes'"):
        Taxonomy.from_paths(PATHS).require("Garden > Gnomes")


@pytest.mark.parametrize("path", ["", "Toys > ", " > Toys", "Toys >  > Snow"])
def test_empty_part_is_refused(path):
    with pytest.raises(TaxonomyError):
        clean_path(path)


def test_duplicate_id_is_refused():
    twice = [Category(category_id="a", category_path="X"), Category(category_id="a", category_path="Y")]
    with pytest.raises(TaxonomyError, match="'a' stands twice"):
        Taxonomy(twice)


def test_save_and_load(tmp_path):
    taxonomy = Taxonomy(
        [Category(category_id="1", category_path="A > B", names={"de": "Be"}, description="d")]
    )
    taxonomy.save(tmp_path / "taxonomy.json")
    assert Taxonomy.load(tmp_path / "taxonomy.json").categories == taxonomy.categories


def test_damaged_file_is_named(tmp_path):
    path = tmp_path / "taxonomy.json"
    path.write_text("{", "utf-8")
    with pytest.raises(TaxonomyError, match=r"taxonomy\.json"):
        Taxonomy.load(path)


def test_derived_ids_differ():
    assert len({derived_id(p) for p in PATHS}) == len(PATHS)
