"""From what a model says of a category, or from its evidence alone, to the text of a definition."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from agents.definitions.checks import MAX_CHARS, without_rambling
from agents.summarizer.brief import Brief
from agents.summarizer.languages import language
from catalog.text import normalise, text_key

MAX_EXCLUSIONS = 3

_TITLE_CHARS = 80
_WORDS_OF_SIBLING = 2


class Exclusion(BaseModel):
    """Something that could be taken to belong here."""

    model_config = ConfigDict(extra="forbid")

    what: str = Field(min_length=1, max_length=80)
    goes_to: int = Field(ge=1, description="Number of the neighbouring category where it belongs.")


class DefinitionDraft(BaseModel):
    """What the model is asked for."""

    model_config = ConfigDict(extra="forbid")

    belongs: str = Field(min_length=1, max_length=200)
    not_here: list[Exclusion] = Field(max_length=MAX_EXCLUSIONS)


def written(draft: DefinitionDraft, brief: Brief) -> str:
    """The model's words as one text. We name the siblings; a number that names none is left out, and so is an
    exclusion of the category itself."""
    named = [
        _excluded(normalise(exclusion.what).rstrip("."), brief.siblings[exclusion.goes_to - 1].label)
        for exclusion in draft.not_here
        if exclusion.goes_to <= len(brief.siblings) and text_key(exclusion.what) != text_key(brief.leaf)
    ]
    belongs = without_rambling(normalise(draft.belongs))
    return _joined([_sentence(belongs)], named, brief)


def extracted(brief: Brief) -> str:
    """A definition without a model: the category's own words, an example, and its siblings with theirs."""
    words = f"{brief.leaf}: {', '.join(brief.terms)}" if brief.terms else brief.leaf
    parts = [words, normalise(brief.description)]
    if brief.titles:
        parts.append(f"{language(brief.language).such_as}: {normalise(brief.titles[0])[:_TITLE_CHARS]}")
    siblings = [_excluded(_own_words(sibling.terms, brief), sibling.label) for sibling in brief.siblings]
    return _joined([_sentence(part) for part in parts if part], siblings, brief)


def _own_words(terms: Sequence[str], brief: Brief) -> str:
    """Of a sibling's words those that this category does not share."""
    return ", ".join([term for term in terms if term not in brief.terms][:_WORDS_OF_SIBLING])


def _excluded(what: str, label: str) -> str:
    return label if text_key(what) in ("", text_key(label)) else f"{what} ({label})"


def _joined(sentences: Sequence[str], excluded: Sequence[str], brief: Brief) -> str:
    """Sentences, then as many exclusions as the limit has room for, each whole or not at all."""
    text = " ".join(sentences)
    lead = f"{text} {language(brief.language).not_here}: "
    kept: list[str] = []
    for one in excluded:
        if len(lead + "; ".join([*kept, one])) < MAX_CHARS:
            kept.append(one)
    return f"{lead}{'; '.join(kept)}." if kept else text[:MAX_CHARS]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
