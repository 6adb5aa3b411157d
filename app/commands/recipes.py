"""`dual-expert recipes`: what can be trained, and with which fields."""

from typing import Annotated

import typer

from app.exits import OK
from app.options import OutputOptions
from app.output import Output, table


def recipes(
    output: OutputOptions,
    name: Annotated[str | None, typer.Argument(help="Show the fields of this recipe.")] = None,
) -> int:
    """List the recipes of `train`, or the fields of one, each of which `train --set` changes."""
    from training.recipes import RECIPES, recipe_named

    out = Output(output)
    if name is None:
        rows = table("Recipes", "name", "ranks by", "fine-tuning")
        for recipe in RECIPES.values():
            part = recipe.fine_tuning
            rows.add_row(recipe.name, " + ".join(recipe.sources), part.loss.kind if part else "none")
        out.show({key: recipe.model_dump(mode="json") for key, recipe in RECIPES.items()}, rows)
    else:
        recipe = recipe_named(name, {})
        out.show(recipe.model_dump(mode="json"), recipe.model_dump_json(indent=2))
    return OK
