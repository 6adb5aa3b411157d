from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from agents.llm.embedded import EmbeddedModel
from agents.llm.tokens import encode, render, split


class BosTokenizer:
    """Only what `encode` asks of a tokenizer that puts a token first."""

    bos_token = "<bos>"
    chat_template = None

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": ([0] if add_special_tokens else []) + [1]}


def test_first_token_is_written_once() -> None:
    assert encode(BosTokenizer(), "text") == [0, 1]
    assert encode(BosTokenizer(), "<bos>text") == [1]


def test_base_model_reads_paragraphs() -> None:
    assert render(BosTokenizer(), [SystemMessage("Define."), HumanMessage("Leash")]) == "Define.\n\nLeash\n\n"


def test_chat_template_names_the_roles(smollm2: EmbeddedModel) -> None:
    prompt = smollm2.render([SystemMessage("S"), HumanMessage("U"), AIMessage("A"), HumanMessage("V")])
    turns = (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
    )
    assert prompt == turns + "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n"


def test_boundary_is_where_the_first_own_character_is(smollm2: EmbeddedModel) -> None:
    tokenizer = smollm2._tokenizer
    plain = split(tokenizer, "Category:", " Pet Supplies")
    assert tokenizer.decode(plain.ids[plain.start :]) == " Pet Supplies"
    over = split(tokenizer, "Category:\n", "\n Pets")
    assert tokenizer.decode(over.ids[over.start :]) == "\n\n Pets"
    assert split(tokenizer, "Category:", "").count == 0
