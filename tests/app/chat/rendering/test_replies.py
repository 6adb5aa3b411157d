import io

import pytest
from rich.console import Console

from agents.case import Neighbour, Record
from app.chat.changes import read_change
from app.chat.paste import read_product
from app.chat.records import Outcome
from app.chat.rendering.replies import parts
from app.chat.replies import Detail, Exported, Notice, Problem
from tests.app.chat.conftest import BED, COFFEE, World
from tests.app.chat.test_session import DOG_BED

HOSTILE = "[red]Dog[/red] :smile: \x1b[31mbed\x1b]0;title\x07 \u202eevil [link=http://x]y[/link]"


def shown(body: Record, width: int = 100, *, color: bool = False) -> str:
    file = io.StringIO()
    console = Console(
        file=file, width=width, markup=False, emoji=False, highlight=False, force_terminal=color
    )
    for part in parts(body):
        console.print(part)
    return file.getvalue()


@pytest.fixture
def outcome(deliberating: World) -> Outcome:
    return deliberating.session.classify(DOG_BED)


def test_an_outcome_shows_all_that_is_promised(outcome: Outcome) -> None:
    text = " ".join(shown(outcome).split())
    for part in (
        "deliberated",
        "nothing is promised",
        "Candidates",
        "Nearest training products",
        "Definitions used",
        "the last one fits",
        "Orthopaedic",
        "10 5 no price known",
        "rank",
        outcome.trace_id,
    ):
        assert part in text, part


def test_the_promise_stands_beside_the_threshold(world: World) -> None:
    outcome = world.session.classify(DOG_BED)
    text = " ".join(shown(outcome).split())
    assert f"{outcome.gate.confidence:.3f} ≥ {outcome.gate.threshold:.3f}: accepted" in text
    assert " ".join(outcome.gate.promise.split()) in text


def test_clues_are_marked_where_they_stand(outcome: Outcome) -> None:
    lit = "\x1b[1;30;43mOrthopaedic\x1b[0m"
    assert shown(outcome, color=True).count(lit) == 2  # in the title, and as a clue


def test_text_of_strangers_steers_nothing(deliberating: World) -> None:
    session = deliberating.session
    given = session.classify(read_product(HOSTILE))
    neighbour = Neighbour(product_id="1", title=HOSTILE, category_path=HOSTILE, similarity=0.5)
    outcome = given.model_copy(update={"neighbours": (neighbour,)})
    bodies = (
        outcome,
        session.what_if(read_change(f"title = {HOSTILE} 2", "")),
        Notice(text=HOSTILE),
        Problem(message=HOSTILE, fix=HOSTILE, error="x"),
        Exported(format="markdown", file="", text=f"{HOSTILE}\nnext"),
    )
    for body in bodies:
        text = shown(body, 300)
        assert not any(ord(c) < 32 and c != "\n" for c in text)
        assert "\u202e" not in text
        assert "[red]Dog[/red] :smile:" in text


@pytest.mark.parametrize("width", [30, 60, 200])
def test_no_width_breaks_a_table(outcome: Outcome, deliberating: World, width: int) -> None:
    session = deliberating.session
    session.classify(DOG_BED)
    bodies = (outcome, session.what_if(read_change("k = 2", "")), session.why_not(COFFEE))
    for body in bodies:
        assert max(map(len, shown(body, width).splitlines())) <= width


def test_a_comparison_puts_both_side_by_side(deliberating: World) -> None:
    session = deliberating.session
    session.classify(DOG_BED)
    text = shown(session.what_if(read_change("threshold = 0", "")), 160)
    (status,) = (line for line in text.splitlines() if line.startswith("status"))
    assert status.split() == ["status", "deliberated", "accepted"]
    assert "taken over: recommend" in text


def test_a_contest_names_the_stage_and_both_places(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    contest = session.why_not(COFFEE)
    text = shown(contest, 160)
    assert text.startswith(f"{COFFEE}  lost")
    for opinion in contest.opinions:
        assert opinion.source in text
    assert f"{contest.asked.score:.3f}" in text


def test_details_show_all_neighbours_and_checkpoints(world: World) -> None:
    outcome = world.session.classify(DOG_BED)
    neighbours = outcome.neighbours * 4
    many = outcome.model_copy(update={"neighbours": neighbours})
    assert f"(5 of {len(neighbours)}, see /trace)" in shown(many)
    text = shown(Detail(outcome=many))
    assert "see /trace" not in text
    assert outcome.trace.recommended in text


def test_every_reply_has_a_rendering() -> None:
    with pytest.raises(TypeError, match="no rendering"):
        list(parts(read_product_record()))


def read_product_record() -> Record:
    return Neighbour(product_id="1", title=BED, category_path=BED, similarity=0.1)
