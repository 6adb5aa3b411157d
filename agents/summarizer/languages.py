"""Languages that definitions are written in: what a prompt calls them, and the few words that we write."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WORD = re.compile(r"[^\W\d_]+")
_PRIMARY = re.compile(r"[-_]")
_MIN_VOTES = 3


@dataclass(frozen=True)
class Language:
    """Attributes:
    name: in English, for the prompt.
    not_here, such_as: what stands before exclusions and examples.
    small_words: frequent in product texts of this language and in no other listed here.
    """

    name: str
    not_here: str
    such_as: str
    small_words: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH: Final = "en"
LANGUAGES: Final = {
    "en": Language("English", "Not here", "Such as", _words("the with for and of from this your")),
    "de": Language("German", "Nicht hierher", "Zum Beispiel", _words("und mit für aus der die das zum")),
    "fr": Language("French", "Pas ici", "Par exemple", _words("avec pour et sans les du au pièces")),
    "es": Language("Spanish", "Aquí no", "Por ejemplo", _words("con para y sin los del el niños")),
    "it": Language("Italian", "Non qui", "Per esempio", _words("per di della con il gli pezzi nero")),
    "nl": Language("Dutch", "Niet hier", "Bijvoorbeeld", _words("voor en met het een van zwart stuks")),
    "pt": Language("Portuguese", "Não aqui", "Por exemplo", _words("com para e sem os do da não")),
    "pl": Language("Polish", "Nie tutaj", "Na przykład", _words("dla z do na ze czarny szt")),
    "tr": Language("Turkish", "Buraya değil", "Örneğin", _words("ve ile için bir adet siyah")),
    "ru": Language("Russian", "Не сюда", "Например", _words("для и с на из шт набор")),
    "ja": Language("Japanese", "ここではない", "例"),
    "zh": Language("Chinese", "不属于此类", "例如"),
    "ko": Language("Korean", "여기가 아님", "예"),
}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)


def language(code: str) -> Language:
    """A language that is not listed is named by its code, and gets English connecting words."""
    english = LANGUAGES[ENGLISH]
    return LANGUAGES.get(code) or Language(f"language `{code}`", english.not_here, english.such_as)


def language_of(locales: Iterable[str], otherwise: str = ENGLISH) -> str:
    """Most frequent language of some locales such as `de-AT`; `otherwise` when none is known."""
    codes = (_PRIMARY.split(locale.strip().lower(), maxsplit=1)[0] for locale in locales)
    known = Counter(code for code in codes if code in LANGUAGES or _is_language(code))
    return known.most_common(1)[0][0] if known else otherwise


def spoken(texts: Iterable[str]) -> str:
    """Language of texts without locale, by their script and small words; English when little is said."""
    votes: Counter[str] = Counter()
    for text in texts:
        script = next((code for code, letters in _SCRIPTS if letters.search(text)), None)
        if script:
            votes[script] += 1
            continue
        words = set(_WORD.findall(text.casefold()))
        votes.update({code: len(words & known.small_words) for code, known in LANGUAGES.items()})
    ((best, count),) = votes.most_common(1) or [(ENGLISH, 0)]
    return best if count >= _MIN_VOTES else ENGLISH


def _is_language(code: str) -> bool:
    """Two letters, as ISO 639-1 has them; `mul`, `und` and country names are none."""
    return len(code) == 2 and code.isalpha() and code != "xx"
