"""What candidates are called in a prompt: by leaf, by path or by descriptive name."""

from collections import Counter

from agents.case import Case
from agents.names import DescriptiveNames
from agents.strategies import Shown
from catalog.product import PATH_SEPARATOR
from prompts.loader import Prompt


class CandidateTexts:
    """Callable on a case.

    Args:
        names: writes descriptive names; needed where these are shown.
    """

    def __init__(self, shown: Shown, names: DescriptiveNames | None = None) -> None:
        if shown == "name" and names is None:
            raise ValueError("descriptive names need somebody who writes them")
        self._shown = shown
        self._names = names

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """That names are written with."""
        return self._names.prompts.all() if self._names else ()

    def __call__(self, case: Case) -> list[str]:
        """One text a candidate, in the domain expert's order; a leaf may stand several times, as it does in
        taxonomies."""
        paths = [c.category_path for c in case.recommendation.candidates]
        if self._shown == "leaf":
            return [path.split(PATH_SEPARATOR)[-1] for path in paths]
        return self._named(case, self._names) if self._names else paths

    @staticmethod
    def _named(case: Case, names: DescriptiveNames) -> list[str]:
        """Names; the path where two candidates have the same one."""
        candidates = case.recommendation.candidates
        definitions = {d.category_id: d.text for d in case.definitions}
        named = names(candidates, definitions, case.product.locale)
        texts = [named[c.category_id] for c in candidates]
        uses = Counter(text.casefold() for text in texts)
        return [
            text if uses[text.casefold()] == 1 else c.category_path
            for text, c in zip(texts, candidates, strict=True)
        ]
