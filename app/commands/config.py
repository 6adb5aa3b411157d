"""`dual-expert config`: every setting, its value and where it comes from."""

from app.exits import OK
from app.options import ModelOptions, OutputOptions
from app.output import Output


def config(models: ModelOptions, output: OutputOptions) -> int:
    """Show the settings and the source of each; secrets are masked."""
    from rich.table import Table

    from catalog.settings import settings_sources

    rows = settings_sources(models.settings())
    shown = Table("setting", "value", "source")
    for row in rows:
        shown.add_row(*row)
    document = [{"name": name, "value": value, "source": source} for name, value, source in rows]
    Output(output).show({"settings": document}, shown)
    return OK
