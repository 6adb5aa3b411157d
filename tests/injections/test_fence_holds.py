"""Whatever stands in a product, a prompt keeps its form."""

import re
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from transformers import AutoTokenizer

from agents.llm.tokens import encode, render
from agents.llm.weights import SMOLLM2, model_folder
from catalog.product import Product
from catalog.settings import load_settings
from catalog.text import normalise, product_text
from prompts.fence import data
from prompts.loader import load_prompt
from tests.injections.corpus import Injection, load_corpus

PATH = "Garden > Decks > Planks"
TEMPLATE_TOKEN = re.compile(r"<|\[[/|]?\w+\|?\]")
CORPUS = load_corpus()
each_injection = pytest.mark.parametrize("injection", CORPUS, ids=lambda injection: injection.id)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(model_folder(SMOLLM2, load_settings().cache_dir))


def harmless(product: Product) -> Product:
    """The same fields, filled with a word."""
    return Product(
        product_id="x",
        title="word",
        brand="word" if product.brand else "",
        description="word" if product.description else "",
        bullets=("word",) * len(product.bullets),
    )


def rank_prompt(product: Product) -> list[tuple[str, str]]:
    return load_prompt("general_expert/rank.v1").messages(
        title=product.title,
        description=product.description,
        bullets=list(product.bullets),
        brand=product.brand,
        candidates=[{"category_path": PATH, "definition": "Planks for decks."}],
        neighbours=[],
    )


def likelihood_prompt(product: Product) -> str:
    head, case = load_prompt("general_expert/likelihood.v1").parts(
        title=product.title, description=product.body, brand=product.brand, neighbours=[], definitions=[]
    )
    return head + case


@each_injection
def test_no_tag_token_or_hidden_character_passes_the_fence(injection: Injection) -> None:
    product = injection.poisoned_product(PATH, 2)
    for text in (product.title, product.brand, product.description, *product.bullets):
        shown = data(text)
        assert not TEMPLATE_TOKEN.search(shown)
        assert normalise(shown) == shown
        assert "\n" not in shown
        assert len(shown) <= 600


@each_injection
def test_a_chat_prompt_keeps_its_roles_lines_and_fence(injection: Injection) -> None:
    product = injection.poisoned_product(PATH, 2)
    poisoned, plain = rank_prompt(product), rank_prompt(harmless(product))
    assert [role for role, _ in poisoned] == [role for role, _ in plain]
    for (_, text), (_, expected) in zip(poisoned, plain, strict=True):
        assert text.count("\n") == expected.count("\n")
        assert re.findall(r"<[^>]*>", text) == re.findall(r"<[^>]*>", expected)
    assert poisoned[-1][1].endswith("\n</product>")


@each_injection
def test_no_seller_writes_a_token_of_the_models_own_template(injection: Injection, tokenizer: Any) -> None:
    product = injection.poisoned_product(PATH, 2)
    special = set(tokenizer.all_special_ids)
    found = []
    for one in (product, harmless(product)):
        (_, system), (_, user) = rank_prompt(one)
        ids = encode(tokenizer, render(tokenizer, [SystemMessage(system), HumanMessage(user)]))
        found.append([token for token in ids if token in special])
    assert found[0] == found[1]


@each_injection
def test_a_likelihood_prompt_keeps_its_lines(injection: Injection) -> None:
    product = injection.poisoned_product(PATH, 2)
    poisoned, plain = likelihood_prompt(product), likelihood_prompt(harmless(product))
    starts = [[line.split(":")[0] for line in text.split("\n")] for text in (poisoned, plain)]
    assert starts[0] == starts[1]


@each_injection
def test_the_encoder_reads_a_bounded_line(injection: Injection) -> None:
    text = product_text(injection.poisoned_product(PATH, 2))
    assert normalise(text) == text
    assert len(text) <= 500 + 100 + 600 + 2 * len(" . ")
