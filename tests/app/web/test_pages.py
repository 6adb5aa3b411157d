"""The pages in a browser: classify, why not, what if, correct, reopen, search, on a desk and on a phone."""

from typing import Any

import pytest

from review.queue import ReviewQueue
from tests.app.chat.conftest import BED, HOSES
from tests.app.web.conftest import WIDE, Served, new_tab

HOSTILE = '<img src=x onerror="window.hurt=1"> bed </script><script>window.hurt=1</script> {{ 7*7 }}'


def _say(page: Any, text: str) -> None:
    page.fill("textarea.say-input", text)
    page.press("textarea.say-input", "Enter")


def _classified(page: Any, text: str = "Orthopedic dog bed for large dogs") -> Any:
    _say(page, text)
    page.wait_for_selector(".card.outcome")
    return page.locator(".card.outcome").last


def test_a_product_is_classified_with_its_path_lit(page: Any) -> None:
    card = _classified(page)
    assert card.locator("header .badge").inner_text() == "deliberated"
    assert card.locator(".bars li").count() == 3
    lit = card.locator(".graph.wide .node.ran").evaluate_all("nodes => nodes.map(n => n.dataset.node)")
    assert set(lit) == {"recommend", "define", "rank", "check", "decide"}
    assert card.locator(".graph.wide .edge.lit").count() == 4
    # The rules quote the first word of the title.
    assert card.locator(".product mark").first.inner_text() == "Orthopedic"


def test_nodes_appear_as_they_run(page: Any) -> None:
    page.evaluate(
        """() => {
            window.seen = new Set();
            new MutationObserver(() => document.querySelectorAll('.running .steps b')
                .forEach(b => window.seen.add(b.textContent)))
                .observe(document.body, {childList: true, subtree: true});
        }"""
    )
    _classified(page)
    assert "recommend" in page.evaluate("[...window.seen]")


def test_why_not_shows_where_it_lost(page: Any) -> None:
    card = _classified(page)
    card.get_by_role("button", name="Why not?").first.click()
    contest = page.wait_for_selector(".card.contest")
    assert "all together" in contest.inner_text()
    assert "lost" in contest.query_selector("header .badge").inner_text()


def test_what_if_stands_side_by_side(page: Any) -> None:
    _classified(page)
    _say(page, "what if threshold = 0")
    page.wait_for_selector(".card.comparison")
    sides = page.locator(".card.comparison .side")
    assert [side.locator(".badge").inner_text() for side in sides.all()] == ["deliberated", "accepted"]
    assert page.locator(".card.comparison .graph.wide .node.kept").get_attribute("data-node") == "recommend"
    left, right = (side.bounding_box() for side in sides.all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


def test_what_if_buttons_fill_the_line(page: Any) -> None:
    _classified(page).get_by_role("button", name="What if title").click()
    assert page.input_value("textarea.say-input") == "what if title = Orthopedic dog bed for large dogs"


def test_a_decision_reaches_the_review_queue(page: Any, served: Served) -> None:
    _classified(page, "A very special hose")
    page.keyboard.press("Alt+c")
    page.wait_for_selector(".q-dialog .branch")
    page.fill(".q-dialog .tree-search", "thing number 4711")
    page.wait_for_selector(".q-dialog .hit[aria-selected=true]")
    page.press(".q-dialog .tree-search", "Enter")
    assert "corrected" in page.wait_for_selector(".card.decision").inner_text()
    with ReviewQueue(served.queue) as queue:
        (entry,) = [e for e in queue.entries() if e.case.product.title == "A very special hose"]
    assert (entry.status, entry.reviewer) == ("corrected", "Ann")
    assert entry.chosen_path.endswith("Thing number 4711")


def test_accept_by_its_button(page: Any) -> None:
    _classified(page).get_by_role("button", name="Accept").click()
    assert "accepted" in page.wait_for_selector(".card.decision").inner_text()


def test_a_thread_is_reopened_by_its_address_and_goes_on(page: Any) -> None:
    _classified(page)
    _say(page, "what if threshold = 0")
    page.wait_for_selector(".card.comparison")
    page.wait_for_url("**/t/*")
    page.reload()
    card = page.wait_for_selector(".card.outcome")
    assert card.get_attribute("data-outcome") == "2"
    assert page.locator(".said").count() == 2
    _say(page, "undo")
    page.wait_for_selector(".turn .card.outcome[data-outcome='1']")


def test_two_tabs_on_a_thread_share_its_history(page: Any, served: Served, browser: Any) -> None:
    _classified(page)
    page.wait_for_url("**/t/*")
    other = new_tab(served, browser)
    other.goto(page.url)
    other.wait_for_selector(".card.outcome")
    _say(other, "what if threshold = 0")
    other.wait_for_selector(".card.comparison")
    _say(page, "/history")
    page.wait_for_selector("td:has-text('what if threshold = 0')")
    other.context.close()


def test_an_unknown_thread_gives_way_to_a_new_one(page: Any) -> None:
    page.goto("/t/%3Cscript%3E")
    assert "There is no thread <script>" in page.wait_for_selector(".note").inner_text()


def test_product_text_is_data(page: Any) -> None:
    card = _classified(page, HOSTILE)
    page.reload()
    page.wait_for_selector(".card.outcome")
    assert page.locator(".card.outcome h3").inner_text() == HOSTILE
    assert page.locator(".feed img, .drawer img").count() == 0
    assert page.evaluate("window.hurt") is None
    assert card is not None


def test_what_is_refused_says_how_to_go_on(page: Any) -> None:
    _say(page, "/wyh-not X")
    assert "Did you mean `/why-not`?" in page.wait_for_selector(".card.problem").inner_text()


def test_export_is_a_download_and_writes_nothing_here(page: Any, served: Served) -> None:
    _classified(page)
    with page.expect_download() as download:
        _say(page, "/export json")
    assert download.value.suggested_filename.endswith(".json")
    target = served.queue.with_name("written.md")
    _say(page, f"/export markdown {target}")
    assert "writes no files" in page.wait_for_selector(".card.problem").inner_text()
    assert not target.exists()


def test_the_tree_finds_among_12000_and_stays_small(page: Any) -> None:
    page.goto("/review")
    page.wait_for_selector(".branch")
    assert f"{WIDE + 6:,}" in page.get_attribute(".tree-search", "placeholder")
    page.type(".tree-search", "thing number 119")
    page.wait_for_function("document.querySelector('.tree-count').textContent.endsWith('the best 60 shown')")
    assert page.locator(".hit").count() == 60
    assert page.locator(".branch").count() <= 180
    page.fill(".tree-search", "thing number 11999")
    page.wait_for_function("document.querySelectorAll('.hit').length === 1")
    assert page.locator(".hit").inner_text() == "Thing number 11999"


def test_the_tree_opens_by_keyboard(page: Any) -> None:
    page.goto("/review")
    page.wait_for_selector(".branch")
    page.focus(".tree")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".branch[aria-level='2']")
    page.keyboard.press("ArrowRight")
    assert page.locator(".branch[aria-selected=true]").get_attribute("aria-level") == "2"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".branch[aria-level='2']").count() == 0


def test_a_case_is_reviewed_by_keyboard(page: Any, served: Served) -> None:
    _add_open_case(served, "open-1")
    page.goto("/review")
    case = page.wait_for_selector(".case .say.main")
    number = page.get_attribute(".card.case", "data-case")
    assert case is not None
    page.keyboard.press("a")
    page.wait_for_selector(".q-notification")
    with ReviewQueue(served.queue) as queue:
        assert queue.entry(int(number)).status == "accepted"


def _add_open_case(served: Served, product_id: str) -> None:
    from catalog.product import Product
    from review.case import Case, Choice

    case = Case(
        run="a batch",
        source="batch",
        product=Product(product_id=product_id, title=HOSTILE),
        choices=(
            Choice(category_id="1", category_path=BED, score=0.6),
            Choice(category_id="2", category_path=HOSES, score=0.4),
        ),
        confidence=0.6,
        reason="It is unsure.",
    )
    with ReviewQueue(served.queue) as queue:
        queue.add([case], served.chats.categories)


def test_reports_are_linked(page: Any) -> None:
    page.goto("/reports")
    page.click("text=reports/report.html")
    assert page.wait_for_selector("h1").inner_text() == "A batch"


def test_a_phone_shows_all_without_scrolling_sideways(served: Served, browser: Any) -> None:
    phone = new_tab(served, browser, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    phone.goto("/")
    phone.wait_for_selector("textarea.say-input")
    _classified(phone)
    _say(phone, "what if threshold = 0")
    phone.wait_for_selector(".card.comparison")
    assert phone.locator(".graph.upright").first.is_visible()
    assert not phone.locator(".graph.wide").first.is_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.get_by_role("button", name="Threads").tap()
    phone.wait_for_selector(".threads >> visible=true")
    phone.goto("/review")
    phone.wait_for_selector(".branch")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.context.close()
    assert phone.broken == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_system_chooses_dark_or_light_and_a_key_turns_it(
    served: Served, browser: Any, scheme: str
) -> None:
    tab = new_tab(served, browser, color_scheme=scheme)
    tab.goto("/")
    tab.wait_for_selector("textarea.say-input")
    dark = "document.body.classList.contains('body--dark')"
    tab.wait_for_function(f"{dark} === {str(scheme == 'dark').lower()}")
    tab.keyboard.press("Alt+t")
    tab.wait_for_function(f"{dark} === {str(scheme == 'light').lower()}")
    tab.reload()
    tab.wait_for_function(f"{dark} === {str(scheme == 'light').lower()}")
    tab.context.close()


def test_the_slash_key_leads_to_the_line(page: Any) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('.say-input, .say-input *')")
    assert page.input_value("textarea.say-input") == ""
