"""The taxonomy as a searchable tree; the browser asks `/tree` for what it shows."""

from typing import Literal

from nicegui import ui

from app.web.pages.shell import markup
from app.web.rendering import html
from app.web.site import Site


def tree_box(site: Site, mode: Literal["pick", "review"]) -> ui.html:
    """A search field with the tree under it.

    Args:
        mode: what choosing a category does, see `tree.js`.
    """
    return markup(html("tree", categories=site.tree.categories, mode=mode), "tree-html")
