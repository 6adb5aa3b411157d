"""`dual-expert schema`: the contract of a verdict."""

from app.exits import OK
from app.options import OutputOptions
from app.output import print_json


def schema(output: OutputOptions) -> int:
    """Print the JSON Schema of a verdict."""
    del output  # it is JSON either way
    from graph.verdict import verdict_schema

    print_json(verdict_schema())
    return OK
