"""The recipes by name: those of the papers, the baselines, and ours."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from catalog.errors import SettingsError
from retrieval.sources.hierarchy.record import Architecture
from training.augmentation.record import MaskedPath
from training.hierarchy.settings import Hierarchy
from training.lora import LoraPart
from training.losses.record import Bootstrap, CrossEntropy, Focal, InverseFrequency, TwoPhases
from training.recipe import EncoderPart, Recipe
from training.schedule import Schedule
from training.selector.settings import Selector

_RECIPES = (
    # Ours: one space for head and retrieval, and a fusion of sources that err differently.
    Recipe(name="best"),
    # A start without labels: what the taxonomy itself says of its categories.
    Recipe(
        name="zero-shot", sources=("paths", "names", "words"), fine_tuning=None, cross_fit=True, balance=0.0
    ),
    # A few labels a category: the same, with the labelled products as neighbours and as n-grams.
    Recipe(
        name="few-labels",
        sources=("paths", "names", "words", "neighbours", "ngram"),
        fine_tuning=None,
        cross_fit=True,
        balance=0.0,
    ),
    # `best`, and the selector of the dual-expert paper (4.2.1) for what the gate sends: `--llm selector`.
    Recipe(name="selector", selector=Selector()),
    # The same with a language model under adapters as the cross-encoder; slow without a GPU.
    Recipe(
        name="ranker",
        selector=Selector(
            start="language-model",
            lora=LoraPart(),
            schedule=Schedule(epochs=2, batch_size=8, learning_rate=2e-4),
        ),
    ),
    # Domain expert of the dual-expert paper, 3.1: label augmentation, focal loss, then bootstrap.
    Recipe(
        name="dual-expert",
        sources=("head",),
        fine_tuning=EncoderPart(
            head="linear",
            label_rows=False,
            loss=TwoPhases(first=Focal(weighting=InverseFrequency(power=0.5)), second=Bootstrap()),
            augmentation=MaskedPath(),
        ),
        balance=0.0,
    ),
    # LoRA paper: the same classifier over an encoder of which only adapters learn, at ten times the rate.
    Recipe(
        name="lora",
        sources=("head",),
        schedule=Schedule(learning_rate=2e-3, head_factor=2.0),
        fine_tuning=EncoderPart(head="linear", label_rows=False, loss=CrossEntropy(), lora=LoraPart()),
        balance=0.0,
    ),
    # Baseline: the encoder with a softmax layer and cross-entropy, nothing else.
    Recipe(
        name="vanilla",
        sources=("head",),
        fine_tuning=EncoderPart(head="linear", label_rows=False, loss=CrossEntropy()),
        balance=0.0,
    ),
    # DHPC: department, then leaf; both scores in one, pruned to four layers.
    Recipe(
        name="dhpc",
        sources=("hierarchy",),
        schedule=Schedule(learning_rate=3e-4, head_factor=7.0, batch_size=128),
        fine_tuning=None,
        hierarchy=Hierarchy(architecture=Architecture(pooling="mean", knowledge_skip="concat")),
        balance=0.0,
    ),
    # Baseline of DHPC: a network over words that starts from nothing.
    Recipe(name="dnn", sources=("network",), fine_tuning=None, balance=0.0),
    # Baseline: fastText, a bag of n-gram vectors.
    Recipe(name="fasttext", sources=("fasttext",), fine_tuning=None, balance=0.0),
    # Baseline: TF-IDF and a linear SVM; the encoder only finds evidence.
    Recipe(name="linear", sources=("ngram",), fine_tuning=None, balance=0.0),
)
RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in _RECIPES}


def recipe_named(name: str, changes: Mapping[str, Any]) -> Recipe:
    """A recipe with some of its fields changed.

    Args:
        changes: values by dotted field name, such as `schedule.epochs`; None leaves a part out.

    Raises:
        SettingsError: there is no such recipe or field, or a value makes no sense.
    """
    if name not in RECIPES:
        raise SettingsError(f"There is no recipe {name!r}.", fix=f"Choose among {', '.join(RECIPES)}.")
    fields = RECIPES[name].model_dump()
    for path, value in changes.items():
        _put(fields, path, value)
    try:
        return Recipe.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or name
        shown = f"is {problem['input']!r}" if problem["loc"] else "cannot be changed so"
        raise SettingsError(
            f"`{where}` {shown}: {problem['msg']}.", fix=f"`dual-expert recipes {name}` lists the fields."
        ) from error


def parsed_changes(assignments: Sequence[str]) -> dict[str, Any]:
    """`KEY=VALUE` as typed on the command line; a value is JSON where it reads as such, else text.

    Raises:
        SettingsError: one has no `=`.
    """
    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, found, value = assignment.partition("=")
        if not found:
            raise SettingsError(f"`--set` is {assignment!r}.", fix="Write it as `KEY=VALUE`.")
        changes[key.strip()] = _value(value)
    return changes


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _put(fields: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        inner = fields.get(parent)
        if not isinstance(inner, dict):
            raise SettingsError(
                f"`{path}` is not a field of the recipe.", fix="`dual-expert recipes NAME` lists the fields."
            )
        fields = inner
    fields[last] = value
