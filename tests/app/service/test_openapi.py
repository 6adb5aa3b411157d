"""The OpenAPI document, and whether the service keeps what it says."""

from dataclasses import replace

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.service.keys import keys_of
from app.service.web import build_app
from tests.app.service.conftest import OPEN, Made, asked, served

KEY = "0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}"}
KEYED = replace(OPEN, keys=keys_of(f"ada {KEY}", "keys"))
# No schema can tell that a title of invisible characters is refused, or a category with `accept`.
REFUSED_TOO = [positive_data_acceptance]


@pytest.fixture(scope="module")
def document(experts, tmp_path_factory):
    """Of a service on a socket that needs a key and has a case to decide."""
    made = Made(experts, tmp_path_factory.mktemp("service"))
    category = experts.domain_expert.taxonomy[0].category_path
    with served(build_app(made.service(), KEYED)) as url:
        said = {"product": {"title": "Dog bed"}, "category": category}
        httpx.post(f"{url}/feedback", json=said, headers=HEADERS).raise_for_status()
        yield schemathesis.openapi.from_url(f"{url}/openapi.json", headers=HEADERS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_service_keeps_what_the_document_says(document, mode):
    """By hand: schemathesis' own pytest plugin does not know this pytest."""
    tried = set()
    for result in document.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def kept(case):
            tried.add(case.operation.label)
            case.call_and_validate(headers=HEADERS, excluded_checks=REFUSED_TOO)

        if mode.is_positive or operation.body or operation.query:
            kept()
    assert len(tried) > 6


def test_every_path_is_described_with_its_refusals(made):
    paths = asked(made.app(access=KEYED), "GET", "/openapi.json", headers=HEADERS).json()["paths"]
    operations = {(path, m): operation for path, item in paths.items() for m, operation in item.items()}
    assert len(operations) == 13
    for place, operation in operations.items():
        assert operation["description"], place
        is_probe = place[0] in ("/health", "/ready")
        assert ("401" in operation["responses"]) != is_probe, place
        assert bool(operation.get("security")) != is_probe, place


def test_the_examples_are_what_their_schemas_ask_for(made):
    schemas = asked(made.app(), "GET", "/openapi.json").json()["components"]["schemas"]
    shown = {name: schema["examples"] for name, schema in schemas.items() if "examples" in schema}
    assert set(shown) >= {"ClassifyOne", "ClassifyMany", "ReviewDecision", "Feedback"}
    for name, examples in shown.items():
        described = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        for example in examples:
            Draft202012Validator(described).validate(example)
