"""`dual-expert prompts render`: exactly what a prompt sends for a product, with token counts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.exits import OK
from app.options import ModelOptions, OutputOptions, TopK, WorkspaceFolder
from app.output import Output, plain
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.recording import Request


def render(
    contestant: Annotated[
        str, typer.Argument(metavar="PROMPT", help="A prompt, its file, a strategy, or `STRATEGY=PROMPT`.")
    ],
    workspace: WorkspaceFolder,
    models: ModelOptions,
    output: OutputOptions,
    cases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Case set of `dual-expert cases`.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="Product of the case set; the first where not given.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Of a product of your own, instead of a case.")] = None,
    description: Annotated[str, typer.Option()] = "",
    brand: Annotated[str, typer.Option()] = "",
    locale: Annotated[str, typer.Option()] = "",
    explain: Annotated[bool, typer.Option("--explain", help="The request for grounds too.")] = False,
    k: TopK = None,
) -> int:
    """Show what would be sent; asks the language model nothing."""
    if (cases is None) == (title is None):
        raise SettingsError("There is no product to render.", fix="Give `--cases FILE` or `--title`.")
    console = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.rendering import one_case, rendered
    from catalog.product import Product

    product = (
        one_case(cases, case).product
        if cases
        else Product(product_id="1", title=title or "", description=description, brand=brand, locale=locale)
    )
    found = rendered(
        contestant, product, workspace, settings, models.prompts, explain=explain, progress=console.progress
    )
    document = {
        "contestant": contestant,
        "identity": dict(found.identity),
        "product_id": product.product_id,
        "counted": found.counted,
        "tokens": sum(request.tokens for request in found.requests),
        "requests": [request.model_dump(mode="json") for request in found.requests],
    }
    console.show(document, *_lines(document, found.requests))
    return OK


def _lines(document: dict[str, Any], requests: "list[Request]") -> "Iterator[str]":
    for number, request in enumerate(requests, 1):
        yield f"--- request {number} of {len(requests)}: {request.kind}, {request.tokens:,} tokens"
        if request.kind == "chat":
            for role, text in request.messages:
                yield f"[{role}]\n{text}\n"
            schema = request.answer_schema or {}
            yield f"[answer: {schema.get('title', '')}, {', '.join(schema.get('properties', {}))}]\n"
        else:
            yield f"{request.head}{request.text}"
            yield from (f"  scored:{plain(each)!r}" for each in request.continuations)
    yield f"{document['tokens']:,} tokens in {len(requests)} requests, {document['counted']}."
