"""Why not X: where a category stands in recall and fusion, beside the winner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from agents.case import Candidate, Recommendation
from agents.domain_expert import DomainExpert
from app.chat.records import Opinion, Standing
from catalog.product import Product
from catalog.text import product_text
from retrieval.index import Floats
from retrieval.recall import Recalled
from retrieval.sources.base import Answer, Queries
from retrieval.sources.paths import PathCosines

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Found:
    """What the domain expert makes of a category that was asked about.

    Attributes:
        recalled: whether any source had it among its best.
        neighbours: nearest training products that were looked at.
    """

    asked: Standing
    winner: Standing
    opinions: tuple[Opinion, ...]
    recalled: bool
    neighbours: int


def stand(expert: DomainExpert, product: Product, asked: int, winner: int, k: int) -> Found:
    """Recall and fuse with the asked category among the candidates, whoever recalled it.

    Args:
        asked, winner: taxonomy positions.
        k: best categories that each source recalls.
    """
    text = product_text(product)
    vectors = expert.encoder.encode([text])
    recalled = expert.recall([product], [text], vectors, k)
    queries = Queries([product], [text], vectors, recalled.neighbours, recalled.similarities)
    answers = {name: source.answer(queries) for name, source in expert.recall.sources.items()}
    opinions = tuple(_opinions(answers, len(expert.taxonomy), asked, winner, k))
    joined = _with(expert, recalled, answers, vectors, asked)
    joined = _with(expert, joined, answers, vectors, winner)
    ranked = expert.scorer.rank(joined, joined.positions.shape[1])
    order = ranked.positions[0].tolist()

    def standing(position: int) -> Standing:
        place = order.index(position)
        category = expert.taxonomy[position]
        return Standing(
            category_id=category.category_id,
            category_path=category.category_path,
            place=place + 1,
            score=float(ranked.probabilities[0, place]),
            labelled=int((expert.recall.labels == position).sum()),
            near=int((expert.recall.labels[recalled.neighbours[0]] == position).sum()),
        )

    return Found(
        standing(asked),
        standing(winner),
        opinions,
        any(opinion.recalled for opinion in opinions),
        recalled.neighbours.shape[1],
    )


def among_candidates(recommendation: Recommendation, asked: Standing) -> Recommendation:
    """The recommendation with the category as a candidate; never the first, which carries the confidence."""
    if any(c.category_id == asked.category_id for c in recommendation.candidates):
        return recommendation
    first, *rest = recommendation.candidates
    added = Candidate(
        category_id=asked.category_id, category_path=asked.category_path, score=asked.score, source="asked"
    )
    ordered = sorted([*rest, added], key=lambda c: -c.score)
    return recommendation.model_copy(update={"candidates": (first, *ordered)})


def _opinions(
    answers: Mapping[str, Answer], categories: int, asked: int, winner: int, k: int
) -> list[Opinion]:
    everything = np.arange(categories, dtype=np.int64)[None, :]
    made = []
    for name, answer in answers.items():
        scores = answer.at(everything)[0]
        (rank, score), (winner_rank, winner_score) = _place(scores, asked), _place(scores, winner)
        recalled = asked in answer.best(k)[0].tolist()
        made.append(
            Opinion(
                source=name,
                rank=rank,
                score=score,
                winner_rank=winner_rank,
                winner_score=winner_score,
                recalled=recalled,
            )
        )
    return made


def _place(scores: Floats, position: int) -> tuple[int | None, float | None]:
    score = float(scores[position])
    if np.isnan(score):
        return None, None
    return int(np.nansum(scores > score)) + 1, score


def _with(
    expert: DomainExpert,
    recalled: Recalled,
    answers: Mapping[str, Answer],
    vectors: Floats,
    position: int,
) -> Recalled:
    """One product's recall with a category put in, as if a source had found it."""
    if position in recalled.positions[0]:
        return recalled
    column = np.asarray([[position]], dtype=recalled.positions.dtype)
    features = np.stack([answer.at(column) for answer in answers.values()], axis=-1)
    cosines = PathCosines(expert.recall.paths, vectors).at(column)
    counts = np.asarray([[(expert.recall.labels == position).sum()]], dtype=recalled.counts.dtype)

    return Recalled(
        positions=_beside(recalled.positions, column),
        features=_beside(recalled.features, features),
        recalled=_beside(recalled.recalled, np.zeros_like(features, dtype=bool)),
        cosines=_beside(recalled.cosines, cosines),
        counts=_beside(recalled.counts, counts),
        departments=_beside(recalled.departments, expert.recall.departments[column]),
        neighbours=recalled.neighbours,
        similarities=recalled.similarities,
    )


def _beside(standing: npt.NDArray[T], column: npt.NDArray[Any]) -> npt.NDArray[T]:
    return np.concatenate([standing, column.astype(standing.dtype)], axis=1)
