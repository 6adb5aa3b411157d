"""What the verdicts of a batch depend on; a run that goes on must have the same."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from app.opening import Opened
from catalog.formats.files import open_sources
from graph.context import Context
from graph.open import DEFINITION_PROMPT, EXPLAIN_PROMPT
from prompts.loader import load_prompt

_START_BYTES = 1 << 20


def batch_fingerprint(
    opened: Opened, context: Context, catalog: Path, columns: Mapping[str, str]
) -> dict[str, str]:
    """By name, readable enough to tell what changed."""
    return {
        "workspace": opened.workspace.fingerprint,
        **_asked(opened),
        "top_k": str(context.top_k),
        "wider": str(context.wider),
        "threshold": "the gate's" if context.threshold is None else str(context.threshold),
        "explain": str(context.explain),
        "columns": ", ".join(f"{ours}={theirs}" for ours, theirs in sorted(columns.items())),
        **source_fingerprint(catalog),
    }


def source_fingerprint(catalog: Path) -> dict[str, str]:
    """Name, size and hash of the first MiB of each file: enough to notice another catalog, at once."""
    files = [source.path for source in open_sources(catalog)]
    digest = sha256()
    for path in files:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        with path.open("rb") as file:
            digest.update(file.read(_START_BYTES))
    size = sum(path.stat().st_size for path in files)
    return {"source": catalog.name, "source_bytes": str(size), "source_start": digest.hexdigest()[:16]}


def _asked(opened: Opened) -> dict[str, str]:
    """The language model and every prompt it is asked with."""
    expert = opened.experts.general_expert
    if expert is None:
        return {"llm": "none"}
    if expert.ranker.prompt is None:
        return {"llm": expert.model}
    prompts = [
        *expert.ranker.prompts,
        *(load_prompt(name, overlay=opened.prompts) for name in (EXPLAIN_PROMPT, DEFINITION_PROMPT)),
    ]
    return {
        "llm": expert.model,
        "strategy": expert.strategy,
        "ties": f"margin {expert.ties.margin}, {expert.ties.extra_calls} extra calls",
        "prompts": ", ".join(f"{prompt.ref} {prompt.hash[:12]}" for prompt in prompts),
    }
