"""One evaluated product, and the columns that the metrics read."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogError
from evaluation.checks import require_confidences, require_rows
from evaluation.metrics import hits
from evaluation.result import Status


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A labelled product with the answers of both experts.

    Attributes:
        truths: the product's own right paths, at least one.
        domain_prediction: the path of the domain expert's first candidate.
        domain_ranking: paths of the domain expert's candidates, best first.
        domain_scores: of these candidates, comparable between products.
        domain_confidence: its calibrated probability of being right.
        prediction: the path that the whole system answers.
        ranking: paths of the final candidates, best first.
        scores: of these candidates, comparable between products.
        confidence: calibrated probability that `prediction` is right.
        status: the product went the gate's confident way when `accepted`, else the uncertain one.
        any_truths: all paths under which a product with the same text stands in the catalog; the
            same as `truths` when not known.
    """

    product_id: str
    title: str
    locale: str
    truths: tuple[str, ...]
    domain_prediction: str
    domain_ranking: tuple[str, ...]
    domain_scores: tuple[float, ...]
    domain_confidence: float
    prediction: str
    ranking: tuple[str, ...]
    scores: tuple[float, ...]
    confidence: float
    status: Status
    any_truths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """One expert's answers on all products; arrays of shape (n,)."""

    predictions: Sequence[str]
    rankings: Sequence[Sequence[str]]
    scores: Sequence[Sequence[float]]
    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Columns:
    """The rows turned round; `any_truths` hold `truths`."""

    truths: tuple[frozenset[str], ...]
    any_truths: tuple[frozenset[str], ...]
    uncertain: NDArray[np.bool_]
    domain: Answers
    dual: Answers


def columns_of(rows: Sequence[EvaluationRow]) -> Columns:
    """The columns of `rows`.

    Raises:
        CatalogError: no rows, a row without a true path or with scores that do not fit its candidates, or
            a confidence outside 0 to 1.
    """
    require_rows(rows=rows)
    for row in rows:
        _require_sound(row)
    truths = tuple(frozenset(row.truths) for row in rows)
    return Columns(
        truths=truths,
        any_truths=tuple(own.union(row.any_truths) for own, row in zip(truths, rows, strict=True)),
        uncertain=np.array([row.status != "accepted" for row in rows]),
        domain=_answers(
            truths,
            [row.domain_prediction for row in rows],
            [row.domain_ranking for row in rows],
            [row.domain_scores for row in rows],
            [row.domain_confidence for row in rows],
        ),
        dual=_answers(
            truths,
            [row.prediction for row in rows],
            [row.ranking for row in rows],
            [row.scores for row in rows],
            [row.confidence for row in rows],
        ),
    )


def _require_sound(row: EvaluationRow) -> None:
    if not row.truths:
        raise CatalogError(
            f"Product {row.product_id!r} has no true path in `truths`.",
            fix="Evaluate only products whose `category_path` is filled in.",
        )
    for name, ranking, scores in (
        ("domain_scores", row.domain_ranking, row.domain_scores),
        ("scores", row.ranking, row.scores),
    ):
        if len(ranking) != len(scores) or not all(map(isfinite, scores)):
            raise CatalogError(
                f"Product {row.product_id!r} has {len(ranking)!r} candidates and `{name}` {scores!r}.",
                fix="Give one finite score a candidate.",
            )


def _answers(
    truths: Sequence[frozenset[str]],
    predictions: Sequence[str],
    rankings: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
    confidences: Sequence[float],
) -> Answers:
    right = hits(truths, predictions)
    return Answers(predictions, rankings, scores, require_confidences(confidences), right)
