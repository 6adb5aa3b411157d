import pytest

from catalog.errors import PromptError
from prompts.source import Block
from prompts.template import render, used_variables


def block(text: str) -> Block:
    return Block("user", text, 10)


def test_variables_are_those_that_come_from_outside() -> None:
    text = "{% set a = b %}{% for x in xs %}{{ loop.index }}{{ x.title }}{{ a }}{% endfor %}{{ 1 if c }}"
    assert used_variables(block(text)) == {"b", "xs", "c"}


@pytest.mark.parametrize("text", ["{{ lipsum() }}", "{% for i in range(9) %}{% endfor %}"])
def test_globals_of_jinja_are_not_there(text: str) -> None:
    assert used_variables(block(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n{{ b", "Line 11"),
        ("a\n\n{{ b | dat }}", "Line 12: No filter named 'dat'"),
        ("{{ b | random }}", "No filter named 'random'"),
        ("{% if b %}", "Line 10"),
    ],
)
def test_wrong_jinja_is_named_with_its_line_in_the_file(text: str, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        used_variables(block(text))


@pytest.mark.parametrize(
    "text", ["{% include 'x' %}", "{% include x %}", "{% extends 'x' %}", "{% import 'x' as y %}"]
)
def test_no_other_file_may_be_referred_to(text: str) -> None:
    with pytest.raises(PromptError, match="another template"):
        used_variables(block(text))


def test_block_tags_leave_no_lines_behind() -> None:
    text = "{# why #}\nList:\n  {% for x in xs %}\n- {{ x }}\n  {% endfor %}\nEnd.\n"
    assert render(block(text), {"xs": ["a", "b"]}) == "List:\n- a\n- b\nEnd.\n"


def test_nothing_is_escaped_as_html() -> None:
    assert render(block("{{ x }}"), {"x": "Salt & <Pepper>"}) == "Salt & <Pepper>"


def test_the_data_filter_applies_also_to_lists() -> None:
    text = "{{ x | data(3) }} {{ xs | map('data', 2) | join(',') }}"
    assert render(block(text), {"x": "<abcd", "xs": ["abc", "de"]}) == "\u2039ab ab,de"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ x.nothing }}", "nothing"),
        ("{{ x.nothing | data }}", "nothing"),
        ("{{ x.__class__.__mro__ }}", "unsafe"),
        ("{{ xs.append(1) }}", "unsafe"),
        ("{{ x + 1 }}", "concatenate"),
        ("{{ xs | data }}", "takes text"),
        ("{% for y in 3 %}{% endfor %}", "iterable"),
    ],
)
def test_a_failing_or_unsafe_expression_is_a_prompt_error(text: str, message: str) -> None:
    with pytest.raises(PromptError, match=f"`## user` cannot be rendered: .*{message}"):
        render(block(text), {"x": "text", "xs": []})
