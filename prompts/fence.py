"""Text by strangers, made harmless before it enters a prompt.

Prompts fence it as `<product>{{ title | data }}</product>`. No `<` survives the filter, so the text can
neither close a fence, whatever its name, nor hold a chat template's token such as `<|im_start|>`.
"""

import re

from jinja2.exceptions import FilterArgumentError

from catalog.text import DESCRIPTION_CHARS, clipped, normalise

# U+226E is a struck `<`, which a tokenizer that takes accents off would bare; U+2039 looks like `<`.
_OPENING = str.maketrans({"<": "\u2039", "\u226e": "\u2039"})
_BRACKET_TOKEN = re.compile(r"\[([/|]?\w+\|?)\]")  # such as `[INST]`, `[/INST]`, `[SEP]`, `[|user|]`


def data(text: object, chars: int = DESCRIPTION_CHARS) -> str:
    """One line of normalised text without tags or chat tokens, of at most `chars` characters.

    Raises:
        FilterArgumentError: `text` is no text, or `chars` is below 1.
        UndefinedError: `text` is undefined.
    """
    plain = str(text)  # first, because an undefined value refuses this with its own name
    if not isinstance(text, str):
        raise FilterArgumentError(f"`data` takes text, not {text!r}")
    if chars < 1:
        raise FilterArgumentError(f"`data({chars!r})` would leave nothing")
    return clipped(_BRACKET_TOKEN.sub(r"(\1)", normalise(plain).translate(_OPENING)), chars)
