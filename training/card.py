"""The model card: what a workspace holds, what it was made from and how far to trust it."""

from retrieval.gate import Gate
from retrieval.workspace import Manifest
from training.fit import Fitted
from training.gate.describe import gate_line
from training.recipe import Recipe


def model_card(manifest: Manifest, recipe: Recipe, gate: Gate, fitted: Fitted) -> str:
    """Markdown; all figures are on held-out rows, cross-fitted."""
    counts = "\n".join(f"| {name.replace('_', ' ')} | {n:,} |" for name, n in manifest.counts.items())
    weights = "\n".join(
        f"| {name} | {weight:.3f} |"
        for name, weight in zip(fitted.scorer.choice.names, fitted.scorer.choice.weights, strict=True)
    )
    inputs = "\n".join(f"- {name}: `{value}`" for name, value in manifest.inputs.items())
    return f"""# Model card

Domain expert made on {manifest.created} with recipe `{recipe.name}`; {manifest.language_note}.

| what | count |
|---|---|
{counts}

{_held_out(recipe, fitted)}

## Gate
{gate_line(gate)}

## Fusion weights
| source | weight |
|---|---|
{weights}

## Made from
{inputs}

## Limits
It knows the categories of its taxonomy only and repeats the habits of its labels. Rows without a
training product in their category are reached through the label path alone.
"""


def _held_out(recipe: Recipe, fitted: Fitted) -> str:
    if not len(fitted.right):
        return (
            "No labelled product: retrieval and confidences rest on the taxonomy's own words and on weights "
            "measured on another catalog. Nothing is known of their accuracy here."
        )
    how = (
        "Labelled rows, each answered by sources that did not see it,"
        if recipe.cross_fit
        else "Held-out rows"
    )
    return (
        f"{how} with the right category first: {fitted.right.mean():.1%} of {len(fitted.right):,}. They\n"
        "also fitted the fusion and the calibration (cross-fitted), so quote a figure from `dual-expert "
        "evaluate`\non a test part instead."
    )
