import pytest

from agents.definitions import DefinitionDesk
from catalog.errors import SettingsError, TaxonomyError, WorkspaceError

HOSES, TAPS, SPRINKLERS = "Garden > Hoses", "Garden > Taps", "Garden > Sprinklers"


@pytest.fixture
def desk(store, taxonomy) -> DefinitionDesk:
    return DefinitionDesk(store, taxonomy)


@pytest.fixture
def draft(make, taxonomy):
    def definition(path: str, text: str, **fields: object):
        category_id = taxonomy[taxonomy.require(path)].category_id
        siblings = (taxonomy[taxonomy.require(TAPS)].category_id, "gone")
        return make(text, category_id=category_id, category_path=path, sibling_ids=siblings, **fields)

    return definition


def test_categories_come_in_their_order_and_only_with_definitions(desk, store, draft) -> None:
    for path in (TAPS, HOSES):
        store.add(draft(path, f"of {path}"))
    assert [h.current.category_path for h in desk.histories()] == [HOSES, TAPS]
    assert [h.current.category_path for h in desk.histories([TAPS, SPRINKLERS])] == [TAPS]


def test_a_draft_is_approved_by_name(desk, store, draft) -> None:
    store.add(draft(HOSES, "one"))
    approved = desk.approve(HOSES, " Ann ").current
    assert (approved.text, approved.status, approved.reviewer) == ("one", "approved", "Ann")
    assert approved.decided > approved.written


def test_a_proposal_is_what_approval_means_until_another_version_is_named(desk, store, draft) -> None:
    store.add(draft(HOSES, "one"))
    desk.approve(HOSES, "Ann")
    store.add(draft(HOSES, "two", inputs_hash="h2"))
    assert [h.current.text for h in desk.waiting()] == ["one"]
    assert desk.approve(HOSES, "Bob").current.text == "two"
    assert desk.waiting() == []
    assert desk.approve(HOSES, "Ann", version=1).current.text == "one"


def test_an_edit_is_used_at_once_and_knows_its_evidence(desk, store, draft) -> None:
    store.add(draft(HOSES, "one"))
    edited = desk.edit(HOSES, "Tubes of rubber that carry\nwater from taps to a bed.", "Ann").current
    assert edited.text == "Tubes of rubber that carry water from taps to a bed."
    assert (edited.method, edited.status, edited.version) == ("person", "edited", 2)
    assert edited.example_ids == ("p1", "p2")
    assert edited.inputs_hash == ""
    assert store.get([edited.category_id])[edited.category_id] == edited


def test_an_edit_that_fails_checks_stands_and_says_so(desk, store, draft) -> None:
    store.add(draft(HOSES, "one"))
    assert desk.edit(HOSES, "Tubes.", "Ann").current.failed_checks == (
        "length",
        "holds no word of the category",
        "does not set itself apart from 'Taps'",
    )


def test_a_category_without_definition_can_be_given_one(desk) -> None:
    edited = desk.edit(SPRINKLERS, "Sprinklers spread water over a lawn by themselves.", "Ann").current
    assert (edited.version, edited.failed_checks) == (1, ())
    with pytest.raises(WorkspaceError, match="no definition of version 1"):
        desk.approve(TAPS, "Ann")


def test_what_cannot_be_decided_is_refused(desk, store, draft) -> None:
    store.add(draft(HOSES, "one"))
    with pytest.raises(TaxonomyError, match="'Boats' is not in the taxonomy"):
        desk.edit("Boats", "Things that float on water.", "Ann")
    for text in (" \u200b ", "x" * 2001):
        with pytest.raises(SettingsError, match="A definition of"):
            desk.edit(HOSES, text, "Ann")
    with pytest.raises(SettingsError, match="reviewer"):
        desk.approve(HOSES, "  ")
