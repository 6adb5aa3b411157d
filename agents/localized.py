"""One prompt in several languages: the most specific to a product's locale is asked with.

A prompt `general_expert/rank_de_at` whose front matter says `locale = "de-AT"` stands in for
`general_expert/rank` on products of that locale; without it `rank_de` does, and without that `rank`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.summarizer import languages
from catalog.errors import PromptError
from prompts.files import parse_ref
from prompts.loader import Prompt, list_prompts, load_prompt


@dataclass(frozen=True)
class LocalPrompts:
    """A prompt and its variants by lower-case locale tag."""

    base: Prompt
    variants: Mapping[str, Prompt]

    @classmethod
    def load(cls, name: str, overlay: Path | None = None) -> "LocalPrompts":
        """The prompt of a name with its variants; none for one that is named with its version.

        Args:
            overlay: the user's own folder of prompts.

        Raises:
            PromptError: there is no such prompt, or a variant asks for another kind of answer.
        """
        base = load_prompt(name, overlay=overlay)
        if parse_ref(name):
            return cls(base, {})
        named = {_tag(p): p.name for p in list_prompts(overlay) if _is_variant(p, name)}
        variants = {tag: load_prompt(variant, overlay=overlay) for tag, variant in named.items()}
        for variant in variants.values():
            _check_output(variant, base)
        return cls(base, variants)

    def check(self, outputs: Collection[str], variables: Collection[str]) -> None:
        """Refuse what cannot be asked with before anything is asked.

        Raises:
            PromptError: a prompt asks for another kind of answer, or uses a variable that nobody gives.
        """
        for prompt in self.all():
            unknown = [name for name in prompt.front_matter.variables if name not in variables]
            if prompt.front_matter.output not in outputs:
                raise PromptError(
                    f"Prompt `{prompt.ref}` asks for {prompt.front_matter.output!r}, which is no ranking.",
                    fix=f"Give it the output {' or '.join(outputs)}.",
                )
            if unknown:
                raise PromptError(
                    f"Prompt `{prompt.ref}` uses `{unknown[0]}`, which the general expert does not know.",
                    fix=f"It knows {', '.join(sorted(variables))}.",
                )

    def all(self) -> tuple[Prompt, ...]:
        return self.base, *self.variants.values()

    def of(self, locale: str) -> Prompt:
        """The most specific prompt for a locale."""
        return next((self.variants[tag] for tag in _tags(locale) if tag in self.variants), self.base)


def used(prompt: Prompt, known: Mapping[str, object]) -> dict[str, object]:
    """Those of the known variables that a prompt uses."""
    return {name: known[name] for name in prompt.front_matter.variables}


def language_of(locale: str) -> str:
    """English name of a locale's language; `English` where it says none."""
    return languages.language(languages.language_of([locale])).name


def _tags(locale: str) -> Iterator[str]:
    """`de-at`, `de` for `de_AT`."""
    parts = locale.lower().replace("_", "-").split("-")
    yield from ("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def _tag(prompt: Prompt) -> str:
    return next(_tags(prompt.front_matter.locale))


def _is_variant(prompt: Prompt, name: str) -> bool:
    tag = _tag(prompt)
    return bool(tag) and prompt.name == f"{name}_{tag.replace('-', '_')}"


def _check_output(variant: Prompt, base: Prompt) -> None:
    if variant.front_matter.output != base.front_matter.output:
        raise PromptError(
            f"Prompt `{variant.ref}` asks for {variant.front_matter.output!r}, `{base.ref}` for "
            f"{base.front_matter.output!r}.",
            fix="Give both the same `output`.",
        )
