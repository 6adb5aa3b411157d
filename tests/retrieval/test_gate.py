import pytest
from pydantic import ValidationError

from retrieval.gate import SHUT, Costs, Gate, Opening, group_of

OLD = """{
 "threshold": 0.86, "target_accuracy": 0.95, "confidence": 0.95, "rows": 2481, "coverage": 0.7,
 "accuracy": 0.96, "lower_bound": 0.95, "review_below": 0.5, "note": ""
}"""


def opening(threshold: float | None = 0.5, **fields: object) -> Opening:
    return Opening(
        **{"threshold": threshold, "rows": 9, "coverage": 1, "accuracy": 1, "lower_bound": 0.9, **fields}
    )


def grouped(**groups: Opening) -> Gate:
    whole = opening(None).model_dump()
    return Gate(**whole, target_accuracy=0.9, confidence=0.9, per="locale", groups=groups)


def test_a_gate_written_before_there_were_rules_still_reads() -> None:
    gate = Gate.model_validate_json(OLD)
    assert gate.accepts(0.86)
    assert not gate.accepts(0.8599)
    assert (gate.rule, gate.per, gate.source) == ("clopper-pearson", None, "validation")
    assert Gate.model_validate_json(gate.model_dump_json()) == gate


def test_each_group_has_its_own_threshold() -> None:
    gate = grouped(de=opening(0.5), fr=opening(0.8))
    assert gate.accepts(0.6, "de")
    assert not gate.accepts(0.6, "fr")
    assert gate.is_open


@pytest.mark.parametrize("group", ["it", "", "DE"])
def test_a_group_that_was_never_seen_is_shut(group: str) -> None:
    gate = grouped(de=opening(0.0))
    assert gate.limit(group) == SHUT
    assert not gate.accepts(1.0, group)


def test_products_without_a_locale_are_a_group_of_their_own() -> None:
    assert grouped(**{"": opening(0.4)}).accepts(0.4, "")


def test_a_shut_group_accepts_nothing() -> None:
    gate = grouped(de=opening(None))
    assert not gate.accepts(1.0, "de")
    assert not gate.is_open


def test_without_groups_the_group_does_not_matter() -> None:
    assert Gate.model_validate_json(OLD).accepts(0.9, "anything")


@pytest.mark.parametrize(
    ("per", "expected"), [(None, ""), ("locale", "de-DE"), ("department", "Shoes & Bags")]
)
def test_the_group_of_a_product(per, expected: str) -> None:
    assert group_of(per, "de-DE", "Shoes & Bags > Boots > High") == expected


def test_a_path_of_one_part_is_its_department() -> None:
    assert group_of("department", "", "Shoes") == "Shoes"


def test_everything_that_was_chosen_survives_json() -> None:
    costs = Costs(llm=0.01, mistake=1, mended=0.4, measured=True)
    shut = opening(None, rows_needed=40, note="why", source="audit")
    gate = grouped(de=shut).model_copy(update={"costs": costs, "rule": "least-cost", "llm_share": 0.2})
    assert Gate.model_validate_json(gate.model_dump_json()) == gate


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        Gate.model_validate_json(OLD.replace('"note"', '"surprise"'))
