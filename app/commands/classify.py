"""`dual-expert classify`: one product."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.checked import checked
from app.exits import OK
from app.options import ModelOptions, OutputOptions, Threshold, TopK, WorkspaceFolder
from app.output import Output, plain, table
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agents.case import Definition
    from catalog.product import Product
    from graph.context import Experts
    from graph.verdict import Verdict

_PRODUCT = "Product"


def classify(
    workspace: WorkspaceFolder,
    title: Annotated[str, typer.Option(rich_help_panel=_PRODUCT)],
    models: ModelOptions,
    output: OutputOptions,
    description: Annotated[str, typer.Option(rich_help_panel=_PRODUCT)] = "",
    bullet: Annotated[
        list[str] | None, typer.Option(rich_help_panel=_PRODUCT, help="A selling point; repeatable.")
    ] = None,
    brand: Annotated[str, typer.Option(rich_help_panel=_PRODUCT)] = "",
    locale: Annotated[str, typer.Option(rich_help_panel=_PRODUCT, help="Such as `en-US`.")] = "",
    product_id: Annotated[str, typer.Option(rich_help_panel=_PRODUCT)] = "1",
    k: TopK = None,
    threshold: Threshold = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each step does, and show all grounds.")
    ] = False,
) -> int:
    """Put one product into its category."""
    product = _product(
        product_id=product_id,
        title=title,
        description=description,
        bullets=tuple(bullet or ()),
        brand=brand,
        locale=locale,
    )
    out = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.events import event_lines
    from app.opening import open_all
    from app.running import GraphRunner
    from graph.context import Context

    experts = open_all(workspace, settings, models.prompts, out.progress).experts
    runner = GraphRunner.over(
        experts, Context(top_k=settings.top_k, threshold=threshold), settings.llm_concurrency
    )

    def listen(update: Mapping[str, Any]) -> None:
        for line in event_lines(update) if explain else ():
            out.messages.print(plain(line), soft_wrap=True)

    with out.progress.task("classifying", None):
        (verdict,) = runner.verdicts([product], listen)
    grounds = _grounds(verdict, _definitions(verdict, experts)) if explain else ()
    out.show(verdict.model_dump(mode="json"), *_summary(verdict), *grounds)
    return OK


def _product(**options: object) -> "Product":
    from catalog.product import Product
    from catalog.text import normalise

    product = checked(Product, options)
    if not normalise(product.title):
        raise SettingsError(f"`--title` is {product.title!r}.", fix="Give the product a title.")
    return product


def _definitions(verdict: "Verdict", experts: "Experts") -> "list[Definition]":
    """Those the general expert saw."""
    ids = [reference.category_id for reference in verdict.definitions]
    return experts.summarizer.definitions(ids) if experts.summarizer and ids else []


def _summary(verdict: "Verdict") -> Iterator[str]:
    yield verdict.category_path
    yield f"{verdict.status}, confidence {verdict.confidence:.3f}, category id {verdict.category_id}"
    if verdict.error:
        yield f"The general expert failed: {plain(verdict.error)}"


def _grounds(verdict: "Verdict", definitions: "list[Definition]") -> "Iterator[RenderableType]":
    candidates = table("Candidates", "category", "score", "found by")
    for candidate in verdict.candidates:
        candidates.add_row(candidate.category_path, f"{candidate.score:.3f}", candidate.source)
    yield candidates
    if verdict.reasoning:
        yield from _reasoning(verdict)
    if definitions:
        yield "Definitions:"
        yield from (f"  {d.category_path} (version {d.version}): {plain(d.text)}" for d in definitions)
    latencies = table("Latency", "step", "ms")
    for step, milliseconds in verdict.latency_ms.items():
        latencies.add_row(step, f"{milliseconds:,.1f}")
    yield latencies


def _reasoning(verdict: "Verdict") -> Iterator[str]:
    if verdict.reasoning is None:
        return
    by = ", ".join(name for name in (verdict.model, verdict.prompt) if name)
    yield f"Reason ({by}): {plain(verdict.reasoning.reason)}"
    for name in ("user", "use_case"):
        if value := getattr(verdict.reasoning, name):
            yield f"  {name.replace('_', ' ')}: {plain(value)}"
    if verdict.reasoning.clues:
        yield f"  clues: {', '.join(plain(clue) for clue in verdict.reasoning.clues)}"
