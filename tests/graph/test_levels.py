"""Verdicts with levels: what is certified, and an inner node only where the user allows it."""

import numpy as np
import pytest

from agents.case import Candidate, Recommendation
from graph.levels import LevelReader
from graph.verdict import Verdict
from retrieval.gate import Gate, Opening
from retrieval.levels import LevelModel, Levels
from retrieval.taxonomy import Taxonomy
from taxonomy.node import derived_id

TAXONOMY = Taxonomy.from_paths(["A > B > x", "A > B > y", "C > z"])


def opening(threshold: float | None) -> Opening:
    return Opening(threshold=threshold, rows=9, coverage=1, accuracy=1, lower_bound=1)


def gate(**changes: object) -> Gate:
    """Certifies leaves from .9 on, the second level from .6 on."""
    fields = {
        **opening(0.9).model_dump(),
        "target_accuracy": 0.9,
        "confidence": 0.9,
        "levels": (opening(None), opening(0.6)),
    }
    return Gate.model_validate(fields | changes)


def recommended(confidence: float) -> Recommendation:
    shares = zip(TAXONOMY.categories, (0.4, 0.3, 0.1), strict=True)
    return Recommendation(
        candidates=tuple(
            Candidate(category_id=c.category_id, category_path=c.category_path, score=s, source="paths")
            for c, s in shares
        ),
        confidence=confidence,
    )


def verdict(recommendation: Recommendation, **changes: object) -> Verdict:
    first = recommendation.candidates[0]
    fields = {
        "product_id": "1",
        "category_id": first.category_id,
        "category_path": first.category_path,
        "status": "review",
        "confidence": recommendation.confidence,
        "candidates": recommendation.candidates,
    }
    return Verdict.model_validate(fields | changes)


def read(confidence: float, *, chosen: Gate | None = None, **changes: object) -> Verdict:
    recommendation = recommended(confidence)
    reader = LevelReader(Levels(TAXONOMY, LevelModel()), chosen or gate())
    return reader(verdict(recommendation, **changes), recommendation, "")


def test_the_parent_is_certified_where_the_leaf_is_in_doubt() -> None:
    found = read(0.35)
    assert [level.category_path for level in found.levels] == ["A", "A > B", "A > B > x"]
    np.testing.assert_allclose([level.confidence for level in found.levels], [0.7, 0.7, 0.35], atol=1e-6)
    assert found.certified_path == "A > B"
    assert (found.status, found.category_path) == ("review", "A > B > x")


def test_a_sure_leaf_is_the_deepest_certified_level() -> None:
    assert read(0.95, status="accepted").certified_path == "A > B > x"


def test_a_threshold_without_a_promise_certifies_no_leaf() -> None:
    assert read(0.95, chosen=gate(rule="llm-share", llm_share=0.5)).certified_path == "A > B"


def test_nothing_is_certified_of_what_the_general_expert_ranked_anew() -> None:
    turned = tuple(reversed(recommended(0.35).candidates))
    found = read(0.35, candidates=turned, status="deliberated", category_path="C > z")
    assert found.certified_path is None
    assert [level.category_path for level in found.levels] == ["C", "C > z"]


def test_an_inner_node_is_accepted_only_where_the_user_allows_it() -> None:
    found = read(0.35, chosen=gate(accept_inner=True))
    assert (found.status, found.category_path, found.category_id) == (
        "accepted",
        "A > B",
        derived_id("A > B"),
    )
    assert found.confidence == pytest.approx(0.7)
    assert found.certified_path == "A > B"


@pytest.mark.parametrize("changes", [{"status": "degraded"}, {"flags": ("none_fits",)}])
def test_a_failed_model_and_a_model_that_finds_nothing_keep_their_status(changes: dict[str, object]) -> None:
    found = read(0.35, chosen=gate(accept_inner=True), **changes)
    assert found.category_path == "A > B > x"
    assert found.status == changes.get("status", "review")


def test_without_a_certified_node_nothing_changes() -> None:
    shut = gate(accept_inner=True, levels=(opening(None), opening(None)))
    found = read(0.35, chosen=shut)
    assert (found.status, found.certified_path) == ("review", None)
