import numpy as np
import pytest

from agents.case import Candidate, Recommendation
from agents.fusion import FEATURES, FusionRecord, Fusions, domain_column, fuse, fusion_key, unfitted
from catalog.errors import WorkspaceError
from retrieval.choice import ChoiceModel


def recommendation(*scores):
    candidates = tuple(
        Candidate(category_id=f"c{i}", category_path=f"C{i}", score=s, source="head")
        for i, s in enumerate(scores)
    )
    return Recommendation(candidates=candidates, confidence=0.5)


def ranked_features(made, ranks):
    ranks = np.asarray(ranks, np.float32)
    return np.stack([domain_column(made), ranks, (ranks == 0).astype(np.float32)], axis=1)


def test_before_any_fit_a_reasoned_ranking_overrules_a_near_tie():
    features = ranked_features(recommendation(0.5, 0.3, 0.1), [1, 0, 2])
    fused = fuse(unfitted("rank"), features)
    assert int(np.argmax(fused)) == 1


def test_before_any_fit_likelihoods_leave_the_domain_experts_order():
    made = recommendation(0.5, 0.3, 0.1)
    features = np.stack([domain_column(made), [0, 90, 50], [-9, -1, -2]], axis=1).astype(np.float32)
    fused = fuse(unfitted("likelihood"), features)
    assert list(fused) == sorted(fused, reverse=True)


def test_probabilities_leave_room_for_none_of_these():
    fused = fuse(unfitted("rank"), ranked_features(recommendation(0.5, 0.3), [0, 1]))
    assert 0 < sum(fused) < 1


def test_a_fit_is_found_by_model_strategy_and_prompt(tmp_path):
    choice = ChoiceModel(names=FEATURES["rank"], weights=(1.0, 2.0, 3.0), outside=0.0)
    record = FusionRecord(choice=choice, rows=5, domain_accuracy=0.5, fused_accuracy=0.6, kept_domain=False)
    path = tmp_path / "general.json"
    path.write_text(Fusions(fits={fusion_key("m", "rank", "p.v1"): record}).model_dump_json(), "utf-8")
    fusions = Fusions.load(path)
    assert fusions.choice("m", "rank", "p.v1") == choice
    assert fusions.choice("m", "rank", "p.v2") == unfitted("rank")


def test_no_file_means_nothing_is_fitted(tmp_path):
    assert Fusions.load(tmp_path / "general.json").fits == {}


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "general.json").write_text("{", "utf-8")
    with pytest.raises(WorkspaceError, match=r"general\.json"):
        Fusions.load(tmp_path / "general.json")
