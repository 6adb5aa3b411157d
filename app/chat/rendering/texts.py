"""Text for a terminal: that of strangers made harmless, clues marked, shares as bars."""

import re
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from app.output import plain

STATUS_STYLES = {
    "accepted": "bold green",
    "deliberated": "bold cyan",
    "degraded": "bold red",
    "review": "bold yellow",
}
_BAR_CELLS = 10
_CLUE = "bold black on yellow"


def safe(text: str, style: str = "") -> Text:
    """Text of strangers: no markup, no escape sequences, one line."""
    return Text(plain(text), style=style)


def marked(text: str, clues: Sequence[str]) -> Text:
    """The same with the clues lit up wherever they stand, case and punctuation aside."""
    made = safe(text)
    for clue in clues:
        words = re.findall(r"\w+", plain(clue))
        if words:
            pattern = r"\b" + r"\W+".join(map(re.escape, words)) + r"\b"
            made.highlight_regex(re.compile(pattern, re.IGNORECASE), style=_CLUE)
    return made


def bar(share: float) -> Text:
    """A share between 0 and 1, as a bar."""
    cells = round(min(1.0, max(0.0, share)) * _BAR_CELLS)
    return Text.assemble(("█" * cells, "cyan"), ("·" * (_BAR_CELLS - cells), "dim"))


def status(name: str) -> Text:
    return Text(name, style=STATUS_STYLES.get(name, ""))


def path(text: str) -> Text:
    """A category path with its leaf standing out."""
    *parents, leaf = plain(text).split(" > ")
    return Text.assemble(("".join(f"{parent} > " for parent in parents), "dim"), (leaf, "bold"))


def grid(rows: Iterable[tuple[str, Text]]) -> Table:
    """Names on the left, what they are on the right."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, value)
    return made


def listing(title: str, *columns: str, figures: Sequence[str] = ()) -> Table:
    """A table without lines between its rows.

    Args:
        figures: columns that hold numbers.
    """
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for column in columns:
        is_figure = column in figures
        made.add_column(column, justify="right" if is_figure else "left", no_wrap=is_figure, overflow="fold")
    return made


def money(cost: float | None) -> str:
    """USD; free is free."""
    if cost is None:
        return "no price known"
    return "free" if cost == 0 else f"${cost:.6f}"


def milliseconds(ms: float) -> str:
    return f"{ms:.1f} ms" if ms < 1000 else f"{ms / 1000:,.1f} s"
