import pytest

from app.service.categories import CategorySearch
from tests.app.service.conftest import BED_PATH, asked


@pytest.fixture(scope="module")
def search(experts):
    return CategorySearch(experts.domain_expert)


def test_words_of_the_path_come_first_whatever_their_case(search):
    found = search("BEDS dogs", 6).categories
    assert (found[0].category_path, found[0].by) == (BED_PATH, "words")
    assert {category.by for category in found[1:]} <= {"words", "meaning"}


def test_what_no_path_says_is_found_by_meaning(search):
    first = search("a place where a puppy sleeps", 3).categories[0]
    assert (first.category_path, first.by) == (BED_PATH, "meaning")


def test_without_words_all_are_listed_and_paged(search, experts):
    paths = [category.category_path for category in experts.domain_expert.taxonomy.categories]
    listed = [search(" ", 2, offset).categories for offset in range(0, len(paths), 2)]
    assert [category.category_path for page in listed for category in page] == paths
    assert search("", 2).total == len(paths)


def test_pages_of_a_search_do_not_overlap(search):
    pages = [search("dog", 2, offset).categories for offset in (0, 2, 4)]
    ids = [category.category_id for page in pages for category in page]
    assert len(ids) == len(set(ids)) > 2


def test_one_by_id_and_by_path(made, experts):
    category = experts.domain_expert.taxonomy.categories[0]
    for name in (category.category_id, category.category_path):
        found = asked(made.app(), "GET", "/categories/one", params={"category": name})
        assert found.json()["category_path"] == category.category_path


def test_an_unknown_one_is_not_found(made):
    for path in ("/categories/one", "/categories/definition"):
        found = asked(made.app(), "GET", path, params={"category": "Nowhere"})
        assert (found.status_code, found.json()["error"]["kind"]) == (404, "NoCategory")


def test_a_definition_and_a_missing_one(made, experts, tmp_path):
    from agents.definitions import DefinitionDesk, DefinitionStore

    file = tmp_path / "written.sqlite"
    app = made.app(definitions=file)
    missing = asked(app, "GET", "/categories/definition", params={"category": BED_PATH})
    assert (missing.status_code, missing.json()["error"]["kind"]) == (404, "NoDefinition")
    assert not file.exists()
    store = DefinitionStore.open(file)
    DefinitionDesk(store, experts.domain_expert.taxonomy).edit(BED_PATH, "Where dogs sleep.", "ada")
    store.close()
    found = asked(made.app(definitions=file), "GET", "/categories/definition", params={"category": BED_PATH})
    assert (found.json()["text"], found.json()["version"]) == ("Where dogs sleep.", 1)


def test_a_misspelt_parameter_is_told(made):
    refused = asked(made.app(), "GET", "/categories", params={"limt": 5})
    assert refused.status_code == 422
    assert refused.json()["error"]["fix"] == "Did you mean `limit`?"
    assert asked(made.app(), "GET", "/categories", params={"limit": 5}).status_code == 200
