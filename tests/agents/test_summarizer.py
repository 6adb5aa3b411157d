import pytest

from agents.definition_checks import MAX_CHARS
from agents.definitions import DefinitionStore
from agents.domain_expert import DomainExpert
from agents.evidence import Evidence, language_of
from agents.llm.factory import build_llm
from agents.summarizer import Summarizer
from prompts.loader import load_prompt
from retrieval.workspace import Workspace
from tests.fakes.openai_server import OpenAIServer, ok, status

PROMPT = "summarizer/definition.v1"


@pytest.fixture(scope="module")
def evidence(workspace_dir):
    return Evidence.of(DomainExpert.open(Workspace(workspace_dir), device="cpu"))


@pytest.fixture
def store(tmp_path):
    return DefinitionStore.open(tmp_path / "definitions.sqlite")


@pytest.fixture
def ids(evidence):
    return [c.category_id for c in evidence.taxonomy.categories]


def summarizer(store, evidence, llm=None):
    return Summarizer(llm, store, evidence, load_prompt(PROMPT))


def test_the_sample_is_of_the_category_and_without_repeats(evidence):
    for position in range(len(evidence.taxonomy)):
        rows = evidence.sample(position)
        assert 1 <= len(rows) == len(set(rows)) <= 6
        assert {int(evidence.examples.positions[r]) for r in rows} == {position}


def test_terms_set_the_category_apart(evidence):
    beds = evidence.taxonomy.require("Pet Supplies > Dogs > Dog Beds")
    hoses = evidence.taxonomy.require("Garden > Watering > Garden Hoses")
    assert {"dog", "bed"} & set(evidence.terms(beds))
    assert "hose" in evidence.terms(hoses)
    assert "dog" not in evidence.terms(hoses)


def test_siblings_are_other_categories(evidence):
    for position in range(len(evidence.taxonomy)):
        siblings = evidence.siblings(position)
        assert position not in siblings
        assert len(siblings) == len(set(siblings)) > 0


def test_without_a_model_definitions_are_extractive_and_keep_their_evidence(store, evidence, ids):
    made = summarizer(store, evidence)(ids)
    assert {d.method for d in made} == {"extractive"}
    for definition in made:
        assert definition.text.startswith(definition.category_path.split(" > ")[-1])
        assert set(definition.example_ids) <= set(evidence.examples.product_ids)
        assert len(definition.text) <= MAX_CHARS


def test_what_stands_is_kept_and_what_is_refreshed_gets_a_version(store, evidence, ids):
    writer = summarizer(store, evidence)
    first = writer(ids[:2])
    assert writer(ids[:2]) == first
    assert [d.version for d in writer(ids[:2], refresh=True)] == [2, 2]


def test_definitions_outlive_the_process(tmp_path, evidence, ids):
    path = tmp_path / "kept.sqlite"
    made = summarizer(DefinitionStore.open(path), evidence)(ids)
    assert list(DefinitionStore.open(path).get(ids).values()) == made


def test_a_models_text_is_kept_when_it_passes_the_checks(store, evidence):
    beds = evidence.taxonomy[evidence.taxonomy.require("Pet Supplies > Dogs > Dog Beds")].category_id
    text = "Soft places on which a dog sleeps or rests at home or on the road."
    with OpenAIServer(lambda request: ok({"definition": text})) as server:
        (made,) = summarizer(store, evidence, build_llm("any", base_url=server.base_url))([beds])
    assert (made.method, made.text, made.model) == ("llm", text, "any")
    assert made.tokens_in > 0


def test_a_models_nonsense_is_replaced_and_the_record_says_why(store, evidence, ids):
    with OpenAIServer(lambda request: ok({"definition": "la la la la la la la la"})) as server:
        (made,) = summarizer(store, evidence, build_llm("any", base_url=server.base_url))(ids[:1])
    assert made.method == "extractive"
    assert "repeats itself" in made.failed_checks


def test_a_model_that_is_down_is_asked_once_a_run_and_again_in_the_next(tmp_path, evidence, ids):
    path = tmp_path / "kept.sqlite"
    with OpenAIServer(lambda request: status(401)) as server:
        writer = summarizer(DefinitionStore.open(path), evidence, build_llm("any", base_url=server.base_url))
        writer.definitions(ids[:1])
        asked = len(server.requests)
        assert writer.definitions(ids[:1])[0].method == "extractive"
        assert len(server.requests) == asked
    assert DefinitionStore.open(path).get(ids) == {}


def test_definitions_come_in_the_order_asked(store, evidence, ids):
    wanted = list(reversed(ids))
    assert [d.category_id for d in summarizer(store, evidence).definitions(wanted)] == wanted


def test_language_is_that_of_most_examples():
    assert language_of(["de-DE", "de-AT", "en-US", ""]) == "de"
    assert language_of([]) == "en"
