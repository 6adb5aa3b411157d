"""Links to the pages that batches and evaluations wrote."""

from nicegui import ui

from app.web.pages.shell import markup, shell
from app.web.rendering import html
from app.web.site import Site


def add_reports(site: Site) -> None:
    """Register the page."""

    @ui.page("/reports", title="Reports · Dual-Expert")
    async def reports() -> None:
        pages = await site.talks.off_loop(site.reports.pages)
        with shell(site, "/reports"):
            pass
        markup(html("reports", pages=pages), "feed")
