"""From what was typed to a command: slash commands, their natural phrasings, products and questions."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from catalog.errors import SettingsError


@dataclass(frozen=True)
class Form:
    """A command as people can say it.

    Attributes:
        argument: what stands behind it, for help and completion.
        spoken: a pattern of its natural phrasing, whose first group is the argument; empty without one.
        takes: what completes the argument.
    """

    name: str
    argument: str
    help: str
    spoken: str = ""
    takes: str = ""


FORMS: Final = (
    Form("classify", "TEXT", "Put a product into its category: words, JSON, or a copied listing."),
    Form("product", "ID", "Take a product from the catalog."),
    Form(
        "why-not",
        "CATEGORY",
        "Put a category among the candidates and see where it loses.",
        r"why not (.+?)\s*\??",
        "category",
    ),
    Form(
        "what-if",
        "NAME = VALUE, …",
        "Change title, locale, k, threshold, model, prompt …; only what follows runs again.",
        r"what if (.+?)\s*\??",
        "change",
    ),
    Form("definition", "CATEGORY", "Show what belongs in a category.", "", "category"),
    Form(
        "edit-definition",
        "CATEGORY: TEXT",
        "Write it yourself; the product is deliberated again.",
        r"edit (?:the )?definition of (.+)",
        "category",
    ),
    Form("accept", "", "The answer is right: into the review queue.", r"accept()"),
    Form(
        "correct",
        "CATEGORY",
        "Another category is right: into the review queue.",
        r"correct (?:it )?to (.+)",
        "category",
    ),
    Form(
        "save-case",
        "[TRUTH]",
        "Put the product and its true category into the file of cases.",
        r"save (?:it |this )?as (?:a )?case(?::|\s|$)\s*(.*)",
        "category",
    ),
    Form("show", "[OUTCOME]", "Show the current outcome again, or one by its number."),
    Form("trace", "", "All nearest training products, definitions and checkpoints of the current outcome."),
    Form("history", "", "What was said in this thread.", r"history()"),
    Form("undo", "", "Go back to the outcome before the last change.", r"undo()"),
    Form("export", "[markdown|json] [FILE]", "Write this thread down.", r"export\b\s*(.*)", "format"),
    Form("threads", "", "List all threads.", r"threads()"),
    Form("thread", "ID", "Reopen a thread.", "", "thread"),
    Form("new", "", "Begin a new thread."),
    Form("reload", "", "Read prompts and definitions again.", r"reload(?: (?:the )?prompts)?()"),
    Form("ask", "QUESTION", "Ask the language model about this trace."),
    Form("help", "", "Show this list.", r"help()"),
    Form("quit", "", "Leave; the thread is kept.", r"(?:quit|exit|bye)()"),
)
BY_NAME: Final = {form.name: form for form in FORMS}
_SPOKEN: Final = [
    (form.name, re.compile(form.spoken, re.IGNORECASE | re.DOTALL)) for form in FORMS if form.spoken
]
_QUESTION = re.compile(
    r"(why|what|how|which|who|where|when|is|are|was|were|does|do|did|can|could|would|should|explain|tell me)"
    r"\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Command:
    """What is to be done; `name` is that of a form."""

    name: str
    argument: str


def read_command(text: str) -> Command:
    """What was typed or pasted, as a command. Text that is neither command nor question is a product.

    Raises:
        SettingsError: no slash command is called so, or its argument is missing.
    """
    stripped = text.strip()
    if stripped.startswith("/"):
        return _slash(stripped)
    if "\n" not in stripped:
        for name, pattern in _SPOKEN:
            if matched := pattern.fullmatch(stripped):
                return Command(name, matched[1].strip())
        if stripped.endswith("?") or (_QUESTION.match(stripped) and not stripped.startswith("{")):
            return Command("ask", stripped)
    return Command("classify", stripped)


def _slash(text: str) -> Command:
    word, *rest = text[1:].split(maxsplit=1) or [""]
    name = word.lower()
    if name not in BY_NAME:
        close = get_close_matches(name, BY_NAME, n=1, cutoff=0.5)
        fix = f"Did you mean `/{close[0]}`?" if close else "See `/help`."
        raise SettingsError(f"There is no command `/{word}`.", fix=fix)
    argument = rest[0].strip() if rest else ""
    wanted = BY_NAME[name].argument
    if wanted and not wanted.startswith("[") and not argument:
        raise SettingsError(f"`/{name}` needs {wanted}.", fix=f"Write `/{name} {wanted}`.")
    return Command(name, argument)
