"""Every true class by itself: both experts' precision, recall, F1 and AUC in it."""

from collections.abc import Mapping, Sequence

from evaluation.label_scores import CodedLabels
from evaluation.metrics import Truths
from evaluation.record import Record

WORST_KEPT = 20
# Below, one lucky or unlucky product decides.
_WORST_PRODUCTS = 5


class ClassScores(Record):
    """One expert in one class.

    Attributes:
        right: products of the class put into it.
        answered: products put into it.
        auc: one-vs-rest, from the candidate scores; None where all products are in the class.
    """

    right: int
    answered: int
    precision: float
    recall: float
    f1: float
    auc: float | None


class ClassFigures(Record):
    """A true class with `n` products here and `training_products` to learn from."""

    name: str
    n: int
    training_products: int
    domain_expert: ClassScores
    dual_expert: ClassScores


def class_scores(
    truths: Truths, predictions: Sequence[str], aucs: Mapping[str, float]
) -> dict[str, ClassScores]:
    """Scores by class, of the classes among the truths.

    Of several right paths of a product one is counted (see `metrics.counted_labels`); a class that is
    never the one scores 0.

    Args:
        aucs: as from `auc.class_aucs`.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    coded = CodedLabels.of(truths, predictions)
    table = coded.table()
    rows = zip(table.right.tolist(), table.chosen.tolist(), table.scores().T.tolist(), strict=True)
    found = dict(zip(coded.names, rows, strict=True))
    return {
        name: _class(*found.get(name, (0, 0, (0.0, 0.0, 0.0))), aucs.get(name))
        for name in sorted(frozenset().union(*truths))
    }


def _class(right: int, answered: int, scores: Sequence[float], auc: float | None) -> ClassScores:
    precision, recall, f1 = scores
    return ClassScores(right=right, answered=answered, precision=precision, recall=recall, f1=f1, auc=auc)


def worst_classes(classes: Sequence[ClassFigures], keep: int = WORST_KEPT) -> tuple[ClassFigures, ...]:
    """The `keep` classes that the dual expert does worst by AUC, then by F1, then the largest first.

    Classes of fewer than 5 products are left out, unless there are no others.
    """
    large = [part for part in classes if part.n >= _WORST_PRODUCTS] or classes
    return tuple(sorted(large, key=_badness)[:keep])


def _badness(part: ClassFigures) -> tuple[float, float, int, str]:
    dual = part.dual_expert
    return 1.0 if dual.auc is None else dual.auc, dual.f1, -part.n, part.name
