"""A batch as one page to read: what came out, how sure, how fast, for how much."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.batch_figures import Figures, figures_of
from app.batch_plots import confidence_plot, course_plot, department_plot, latency_plot, status_plot
from app.batch_telling import money
from app.progress import duration
from catalog.text import normalise
from graph.batch.changes import accepted_changes
from graph.batch.files import write_atomic
from graph.batch.ledger import LedgerState
from graph.batch.results import ledger_of
from graph.batch.summary import RunSummary

PAGE_NAME = "report.html"
_TEMPLATE = "batch_page.html.jinja"

Plot = tuple[str, Markup, str]


def write_page(out: Path, summary: RunSummary) -> Path:
    """Write `report.html` into the folder of a batch; it loads nothing from elsewhere.

    Raises:
        WorkspaceError: a part or the ledger is damaged, or the page cannot be written.
    """
    state = ledger_of(out)
    page = render(out.name, summary, state, figures_of(out, state))
    path = out / PAGE_NAME
    write_atomic(path, [page.encode("utf-8", "replace")])
    return path


def render(name: str, summary: RunSummary, state: LedgerState, figures: Figures) -> str:
    """The page as HTML; what comes from the catalog is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"count": lambda value: f"{value:,}", "percent": lambda value: f"{value:.1%}"}
    return environment.get_template(_TEMPLATE).render(
        name=name,
        summary=summary,
        seconds=duration(summary.seconds),
        cost=None if summary.cost is None else money(summary.cost),
        plots=list(_plots(summary, figures)),
        inputs={key: normalise(value) for key, value in state.starts[-1].fingerprint.items()},
        changes=accepted_changes(state.starts),
        runs=len(state.starts),
        started=state.starts[0].started,
    )


def _plots(summary: RunSummary, figures: Figures) -> Iterator[Plot]:
    """Title, picture and caption; pictures are drawn by us, their words escaped by matplotlib."""
    if not summary.rows:
        return
    yield "Statuses", Markup(status_plot(summary)), "What the rows came out as."
    yield "Confidence", Markup(confidence_plot(figures)), "How sure the verdicts are."
    caption = "The largest first levels of the taxonomy by the products that were put there."
    yield "Departments", Markup(department_plot(figures)), caption
    if summary.latency_ms:
        caption = "What a product took; in the encoder its share of the chunk. The scale is logarithmic."
        yield "Latency", Markup(latency_plot(summary)), caption
    if summary.rows > summary.copied:
        caption = "As chunks were written, over all runs of this folder."
        yield "Course", Markup(course_plot(figures)), caption
