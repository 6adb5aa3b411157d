import pytest
from pydantic import ValidationError

from agents.definitions.history import History, now


def test_drafts_take_each_others_place_until_a_person_decides(make) -> None:
    history = History.begin(make("one")).drafted(make("two", inputs_hash="h2"))
    assert (history.current.text, history.current.version, history.proposal) == ("two", 2, None)


def test_a_decided_text_stays_in_use_beside_newer_drafts(make) -> None:
    history = History.begin(make("one")).approved(1, "Ann")
    assert (history.current.status, history.current.reviewer) == ("approved", "Ann")
    history = history.drafted(make("two")).drafted(make("three"))
    assert history.current.text == "one"
    assert history.proposal is not None
    assert (history.proposal.text, history.proposal.version) == ("three", 3)


def test_approving_the_proposal_puts_it_in_use(make) -> None:
    history = History.begin(make("one")).approved(1, "Ann").drafted(make("two")).approved(2, "Bob")
    assert (history.current.text, history.current.reviewer, history.proposal) == ("two", "Bob", None)
    assert history.versions[0].reviewer == "Ann"


def test_approving_the_older_one_again_turns_the_proposal_down(make) -> None:
    history = History.begin(make("one")).approved(1, "Ann").drafted(make("two")).approved(1, "Bob")
    assert (history.current.text, history.proposal) == ("one", None)


def test_an_edited_text_stays_edited_when_it_is_approved(make) -> None:
    typed = make("mine", method="person", status="edited", reviewer="Ann", inputs_hash="")
    history = History.begin(make("one")).edited(typed).approved(2, "Bob")
    assert (history.current.text, history.current.status, history.current.reviewer) == (
        "mine",
        "edited",
        "Bob",
    )


def test_a_text_by_machine_stands_for_its_inputs_only(make) -> None:
    history = History.begin(make(inputs_hash="h1"))
    assert history.stands_for("h1")
    assert not history.stands_for("h2")
    assert not history.stands_for("h1", since=now())
    assert history.drafted(make(inputs_hash="h1", written=now())).stands_for("h1", since="2026-02")


def test_a_text_by_a_person_alone_stands_for_any_inputs(make) -> None:
    history = History.begin(make(method="person", status="edited", inputs_hash=""))
    assert history.stands_for("h1")
    assert not history.stands_for("h1", since="2026")
    assert history.drafted(make("draft")).current.method == "person"


def test_an_edit_does_not_hide_what_was_written_before_it(make) -> None:
    typed = make("mine", method="person", status="edited", inputs_hash="")
    assert History.begin(make(inputs_hash="h1")).edited(typed).stands_for("h1")


@pytest.mark.parametrize("broken", [{"in_use": 2}, {"in_use": 0}, {"versions": ()}])
def test_a_history_that_contradicts_itself_is_refused(make, broken) -> None:
    good = History.begin(make()).model_dump()
    with pytest.raises(ValidationError):
        History.model_validate({**good, **broken})


def test_times_grow_as_texts() -> None:
    times = [now() for _ in range(100)]
    assert times == sorted(times)
