"""The review queue beside the taxonomy: look at a case, accept it or choose the right category."""

from collections.abc import Callable
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.web.pages.shell import markup, shell
from app.web.pages.tree import tree_box
from app.web.rendering import html
from app.web.site import Site
from catalog.errors import DualExpertError
from review.case import Entry
from review.queue import ReviewQueue

_LISTED: Final = 200


def add_review(site: Site) -> None:
    """Register the page."""

    @ui.page("/review", title="Review · Dual-Expert")
    async def review(case: int | None = None) -> None:
        page = ReviewPage(site)
        await site.talks.off_loop(lambda: page.look(case))
        page.build()


class ReviewPage:
    """One tab's review."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._entry: Entry | None = None
        self._entries: list[Entry] = []
        self._counts: dict[str, int] = {}

    def look(self, case: int | None) -> None:
        """Read the queue; shows a case, or the first open one."""
        with ReviewQueue(self._site.chats.files.queue) as queue:
            self._counts = queue.counts()
            still_open = queue.entries("open", limit=_LISTED)
            self._entries = still_open or queue.entries(limit=_LISTED)
            self._entry = _chosen(queue, case)

    def build(self) -> None:
        """Lay out the page."""
        with shell(self._site, "/review"):
            pass
        with ui.element("div").classes("review-page"):
            with ui.column().classes("cases"):
                self._queue = markup("")
                self._case = markup("", "case-box")
            with ui.column().classes("categories"):
                ui.html("<h2>Categories</h2>", sanitize=True)
                tree_box(self._site, "review")
                self._definition = markup("", "definition-box")
        ui.on("choose", self._choose)
        ui.on("skip", self._skip)
        ui.on("look-up", self._look_up)
        self._show()

    def _show(self) -> None:
        chosen = self._entry.number if self._entry else None
        self._queue.set_content(html("queue", entries=self._entries, counts=self._counts, chosen=chosen))
        self._case.set_content(html("case", entry=self._entry) if self._entry else "")

    async def _choose(self, event: GenericEventArguments) -> None:
        reviewer = self._site.chats.files.reviewer
        path = str(event.args)
        await self._decide(lambda queue, number: queue.correct(number, path, reviewer))

    async def _skip(self) -> None:
        reviewer = self._site.chats.files.reviewer
        await self._decide(lambda queue, number: queue.skip(number, reviewer))

    async def _decide(self, decision: Callable[[ReviewQueue, int], Entry]) -> None:
        entry = self._entry
        if entry is None or entry.status != "open":
            ui.notify("There is no open case to decide.")
            return

        def work() -> None:
            with ReviewQueue(self._site.chats.files.queue) as queue:
                decision(queue, entry.number)
                following = queue.next_open(after=entry.number) or queue.next_open()
            self.look(following.number if following else entry.number)

        try:
            await self._site.talks.off_loop(work)
        except DualExpertError as error:
            ui.notify(f"{error.message} {error.fix}", type="negative")
            return
        ui.notify(f"Case {entry.number} is decided.", type="positive")
        self._show()

    async def _look_up(self, event: GenericEventArguments) -> None:
        """Show the category that stands out in the tree."""
        category_id = str(event.args)
        path = self._site.chats.categories.get(category_id)
        if path is None:
            return
        found = await self._site.talks.off_loop(lambda: self._site.chats.pool.definitions.get([category_id]))
        deciding = self._entry.number if self._entry and self._entry.status == "open" else None
        shown = html("category", definition=found.get(category_id), path=path, deciding=deciding)
        self._definition.set_content(shown)


def _chosen(queue: ReviewQueue, case: int | None) -> Entry | None:
    try:
        return queue.entry(case) if case is not None else queue.next_open()
    except DualExpertError:
        return queue.next_open()
