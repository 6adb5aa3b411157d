"""The frame around every page: header, links, dark or light."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from nicegui import ui

from app.web.site import Site

_LINKS: Final = (("Chat", "/"), ("Review", "/review"), ("Reports", "/reports"))
_PRIMARY: Final = "#1565c0"
_HEAD: Final = """
<link rel="stylesheet" href="/static/page.css">
<script src="/static/page.js" defer></script>
<script src="/static/tree.js" defer></script>
"""


def markup(content: str, classes: str = "") -> ui.html:
    """HTML of our templates, which escape; the browser's DOMPurify looks at it once more."""
    return ui.html(content, sanitize=True).classes(classes)


@contextmanager
def shell(site: Site, here: str) -> Iterator[ui.row]:
    """Build a page inside; gives the start of its header, for what a page adds.

    Args:
        here: which link is the current one.
    """
    ui.add_head_html(_HEAD)
    ui.colors(primary=_PRIMARY)
    with ui.header().classes("bar-top"):
        start = ui.row().classes("start")
        with ui.element("nav").props('aria-label="Pages"'):
            for name, url in _LINKS:
                link = ui.link(name, url)
                if url == here:
                    link.props('aria-current="page"')
        ui.space()
        ui.button("Dark or light", color=None).props(
            'flat dense no-caps id="theme" aria-label="Dark or light"'
        )
        if site.locked:
            ui.button("Log out", color=None).props('flat dense no-caps id="logout"')
    yield start
