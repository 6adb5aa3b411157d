"""The audit as one page that holds everything it shows and can be searched."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit.suspicion import Audit
from catalog.text import normalise


def render(audit: Audit) -> str:
    """The page as HTML; everything that comes from the catalog is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "percent": lambda value: f"{100 * value:.1f}%",
        "count": lambda value: f"{value:,.0f}",
        # Without what could turn the text around it: bidirectional marks and other invisible characters.
        "plain": normalise,
    }
    return environment.get_template("page.html.jinja").render(audit=audit)
