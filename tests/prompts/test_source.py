import pytest

from catalog.errors import PromptError
from prompts.source import Block, parse

FRONT = '+++\nvariables = ["title"]\noutput = "Ranking"\nnote = "First."\n+++\n'
BODY = "## user\nHello {{ title }}\n"


def test_front_matter_and_blocks() -> None:
    front_matter, blocks = parse(FRONT + "\n## system\n\nSort.\n\n## user\n{{ title }}\nEnd.")
    assert front_matter.variables == ("title",)
    assert (front_matter.output, front_matter.locale, front_matter.parent) == ("Ranking", "", "")
    assert blocks == (Block("system", "Sort.\n\n", 9), Block("user", "{{ title }}\nEnd.\n", 12))


def test_windows_line_ends_read_the_same() -> None:
    assert parse((FRONT + BODY).replace("\n", "\r\n")) == parse(FRONT + BODY)


def test_only_the_first_two_fences_are_front_matter() -> None:
    _, (block,) = parse(FRONT + "## user\na\n+++\nb\n### Heading\n")
    assert block.text == "a\n+++\nb\n### Heading\n\n"


@pytest.mark.parametrize(
    "text", ["", BODY, "\n" + FRONT + BODY, "+++\nnote = 'x'\n" + BODY, "\ufeff" + FRONT + BODY]
)
def test_front_matter_must_stand_at_the_top(text: str) -> None:
    with pytest.raises(PromptError, match="no front matter"):
        parse(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("variables =", "varibles =", "`varibles` is not a front matter key. Fix: Did you mean `variables`"),
        ('note = "First."', "", "misses `note`"),
        ('note = "First."', 'note = ""', "`note` is ''"),
        ('"Ranking"', "3", "`output` is 3"),
        ('"Ranking"', '"two words"', "`output` is 'two words'"),
        ('["title"]', '["title", "title"]', "listed twice"),
        ('["title"]', '"title"', "`variables` is 'title'"),
        ('["title"]', '["title", 3]', "`variables` is 3"),
        ('note = "First."', 'note = "First."\nparent = "rank"', "`parent` is 'rank'"),
        ('"First."', "First.", "not TOML.*line 4"),
    ],
)
def test_front_matter_is_strict(old: str, new: str, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        parse(FRONT.replace(old, new) + BODY)


@pytest.mark.parametrize(
    "line", ["## users", "## User", "##user", " ## user", "## user:", "##", "## system user", "## Product"]
)
def test_a_misspelt_marker_is_not_taken_for_text(line: str) -> None:
    with pytest.raises(PromptError, match=r"which is not a marker. Fix: Did you mean `## "):
        parse(f"{FRONT}## system\nSort.\n{line}\nHello\n")


@pytest.mark.parametrize("body", ["", "Hello", "Hello\n## user\nHi"])
def test_the_body_begins_with_a_marker(body: str) -> None:
    with pytest.raises(PromptError, match="does not begin with a marker"):
        parse(FRONT + body)


@pytest.mark.parametrize("body", ["## user\n", "## user", "## system\n \n## user\nHi", "## user\n\n\n"])
def test_an_empty_block_is_refused(body: str) -> None:
    with pytest.raises(PromptError, match="is empty"):
        parse(FRONT + body)


@pytest.mark.parametrize(
    ("output", "markers", "fits"),
    [
        ("text", "user", True),
        ("text", "system user", True),
        ("text", "system user assistant user assistant user", True),
        ("text", "user assistant user", True),
        ("text", "system", False),
        ("text", "user system", False),
        ("text", "system system user", False),
        ("text", "user user", False),
        ("text", "assistant user", False),
        ("text", "user assistant", False),
        ("text", "head case", False),
        ("likelihood", "head case", True),
        ("likelihood", "case head", False),
        ("likelihood", "case", False),
        ("likelihood", "head case case", False),
        ("likelihood", "system user", False),
    ],
)
def test_order_of_blocks(output: str, markers: str, fits: bool) -> None:
    text = FRONT.replace("Ranking", output) + "".join(f"## {marker}\nx\n" for marker in markers.split())
    if fits:
        assert [block.marker for block in parse(text)[1]] == markers.split()
    else:
        with pytest.raises(PromptError, match="blocks of a prompt"):
            parse(text)
