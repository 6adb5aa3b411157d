from dataclasses import replace

import pytest

from agents.summarizer.brief import Brief
from catalog.errors import TaxonomyError

BEDS = "Pet Supplies > Dogs > Dog Beds"


def test_a_brief_holds_what_a_definition_is_written_from(evidence) -> None:
    brief = Brief.of(evidence, BEDS)
    assert (brief.path, brief.leaf, brief.language) == (BEDS, "Dog Beds", "en")
    assert len(brief.titles) == len(brief.example_ids) > 1
    assert all(sibling.terms for sibling in brief.siblings)
    assert BEDS not in {sibling.path for sibling in brief.siblings}


def test_an_unknown_category_is_an_error(evidence) -> None:
    with pytest.raises(TaxonomyError):
        Brief.of(evidence, "Boats")


@pytest.mark.parametrize(
    "change",
    [
        {"terms": ("dog",)},
        {"titles": ("another",)},
        {"description": "new"},
        {"siblings": ()},
        {"language": "de"},
        {"path": "Pets > Beds"},
    ],
)
def test_every_input_changes_the_hash(brief, change) -> None:
    assert replace(brief, **change).hash("prompt") != brief.hash("prompt")


def test_the_hash_is_of_the_writer_too_and_else_stays(brief) -> None:
    assert brief.hash("prompt", "model") == replace(brief).hash("prompt", "model")
    assert len({brief.hash("prompt"), brief.hash("prompt", "m"), brief.hash("other", "m")}) == 3


def test_siblings_of_the_same_leaf_are_named_with_their_parent(evidence) -> None:
    twins = evidence.taxonomy.from_paths(["A > Small", "B > Small", "B > Large"])
    small = replace(evidence, taxonomy=twins)
    brief = Brief.of(_few(small), "A > Small")
    labels = {sibling.path: sibling.label for sibling in brief.siblings}
    assert labels["B > Small"] == "B > Small"
    assert labels["B > Large"] == "Large"


def _few(evidence):
    """Evidence whose products are spread over as many categories as there are."""
    count = len(evidence.taxonomy)
    examples = replace(evidence.examples, positions=evidence.examples.positions % count)
    return replace(evidence, examples=examples, label_vectors=evidence.label_vectors[:count])
