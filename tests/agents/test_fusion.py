import numpy as np
import pytest

from agents.case import Candidate, Recommendation
from agents.fusion import FEATURES, FusionRecord, Fusions, domain_column, fuse, fusion_key, unfitted
from catalog.errors import WorkspaceError
from retrieval.choice import ChoiceModel
from retrieval.surety import AS_FUSED, Surety


def recommendation(*scores):
    candidates = tuple(
        Candidate(category_id=f"c{i}", category_path=f"C{i}", score=s, source="head")
        for i, s in enumerate(scores)
    )
    return Recommendation(candidates=candidates, confidence=0.5)


def ranked_features(made, ranks, none=0.0):
    ranks = np.asarray(ranks, np.float32)
    columns = [domain_column(made), ranks, ranks == 0, np.full(len(ranks), none)]
    return np.stack(columns, axis=1).astype(np.float32)


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


def test_none_of_these_lowers_every_candidate():
    made = recommendation(0.5, 0.3)
    sure, none = (fuse(unfitted("rank"), ranked_features(made, [0.5, 0.5], said)) for said in (0, 1))
    assert sum(none) < sum(sure)


def record_of(names):
    choice = ChoiceModel(names=names, weights=tuple(map(float, range(len(names)))), outside=0.0)
    surety = Surety(weights=(1.0, 0.0, 0.0, -1.0))
    return FusionRecord(
        choice=choice,
        rows=5,
        domain_accuracy=0.5,
        fused_accuracy=0.6,
        kept_domain=False,
        surety=surety,
    )


def test_a_fit_is_found_by_model_strategy_and_prompt(tmp_path):
    record = record_of(FEATURES["rank"])
    path = tmp_path / "general.json"
    path.write_text(Fusions(fits={fusion_key("m", "rank", "p.v1"): record}).model_dump_json(), "utf-8")
    fusions = Fusions.load(path)
    assert fusions.of(fusion_key("m", "rank", "p.v1"), "rank") == (record.choice, record.surety)
    assert fusions.of(fusion_key("m", "rank", "p.v2"), "rank") == (unfitted("rank"), AS_FUSED)


def test_a_fit_on_other_features_does_not_count():
    fusions = Fusions(fits={"k": record_of(("domain", "rank", "first"))})
    assert fusions.of("k", "rank") == (unfitted("rank"), AS_FUSED)


def test_a_record_of_before_the_calibration_is_read():
    old = record_of(FEATURES["rank"]).model_dump(exclude={"surety", "ece", "ece_fused", "asked_again"})
    assert FusionRecord.model_validate(old).surety == AS_FUSED


def test_no_file_means_nothing_is_fitted(tmp_path):
    assert Fusions.load(tmp_path / "general.json").fits == {}


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "general.json").write_text("{", "utf-8")
    with pytest.raises(WorkspaceError, match=r"general\.json"):
        Fusions.load(tmp_path / "general.json")
