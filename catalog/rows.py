"""From the raw values of a record to a product, or to the reason why not."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from catalog.formats.records import Problem
from catalog.formats.text_file import MARK, MARK_BYTES
from catalog.paths import clean_path, split_paths
from catalog.product import LABEL_SEPARATOR, Product, RowErrorKind
from catalog.text import normalise

TITLE_CHARS = 2_000
FIELD_CHARS = 100_000
_SHOWN_CHARS = 60
_MARKED_BYTES = range(MARK + 0x80, MARK + 0x100)
_SHOWN_ID_CHARS = 200
_BULLETS = re.compile(r"\n| • |\|")


class RowRefused(ValueError):
    """Why a record is no product; the reader turns it into a `RowError`, so it never leaves `catalog`."""

    def __init__(self, kind: RowErrorKind, message: str, fix: str) -> None:
        super().__init__(message)
        self.problem = Problem(kind, message, fix)

    @classmethod
    def of(cls, problem: Problem) -> "RowRefused":
        return cls(problem.kind, problem.message, problem.fix)


def shown_id(value: object) -> str:
    """The id of a row that may be refused for its id: never longer than 200 characters, always encodable."""
    text = _as_text(value) or ""
    return text[:_SHOWN_ID_CHARS].replace("\0", "").encode("utf-8", "backslashreplace").decode()


def read_id(values: Mapping[str, object]) -> str:
    """The id of a row.

    Raises:
        RowRefused: it is missing or unusable.
    """
    product_id = _text("product_id", values.get("product_id"))
    if not product_id:
        raise RowRefused("missing_id", "`product_id` is missing.", "Give every product an id of its own.")
    return product_id


def read_word(name: str, values: Mapping[str, object]) -> str:
    """A text that must be there.

    Raises:
        RowRefused: it is missing or unusable.
    """
    word = _text(name, values.get(name))
    if not word:
        raise RowRefused("bad_value", f"`{name}` is missing.", "Fill it in.")
    return word


def to_product(product_id: str, values: Mapping[str, object], *, labelled: bool) -> Product:
    """A product from raw values by our column names; text is stripped, else as written.

    Args:
        labelled: whether a row without category path is refused.

    Raises:
        RowRefused: the first thing that is wrong.
    """
    return Product(
        product_id=product_id,
        title=_title(values.get("title")),
        description=_text("description", values.get("description")),
        bullets=_bullets(values.get("bullets")),
        brand=_text("brand", values.get("brand")),
        category_paths=_paths(values.get("category_path"), labelled=labelled),
        locale=_text("locale", values.get("locale")),
        popularity=_popularity(values.get("popularity")),
    )


def _as_text(value: object) -> str | None:
    """Text of a scalar, stripped, empty when missing; None when the value is no scalar."""
    if isinstance(value, str):
        return value.strip()
    if value is None or (isinstance(value, float | Decimal) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", MARK_BYTES).strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of whole numbers with gaps comes as floats
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    return None


def _text(name: str, value: object) -> str:
    text = _as_text(value)
    if text is None:
        raise RowRefused("bad_value", f"`{name}` is a {type(value).__name__}, not text.", "Write it as text.")
    _check_text(name, text)
    return text


def _check_text(name: str, text: str) -> None:
    if len(text) > FIELD_CHARS:
        _refuse_length(name, len(text), FIELD_CHARS)
    if "\0" in text:
        raise RowRefused("encoding", f"`{name}` holds the character U+0000.", "Remove it.")
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        is_byte = code in _MARKED_BYTES
        what = f"the byte 0x{code - MARK:02X}" if is_byte else f"half a character, U+{code:04X}"
        message = f"`{name}` holds {what}, after {_shown(text[: error.start][-20:])}: no UTF-8."
        raise RowRefused("encoding", message, "Save the file as UTF-8.") from error


def _refuse_length(name: str, length: int, limit: int) -> None:
    raise RowRefused("too_long", f"`{name}` has {length} characters, over {limit}.", "Shorten it.")


def _title(value: object) -> str:
    title = _text("title", value)
    if len(title) > TITLE_CHARS:
        _refuse_length("title", len(title), TITLE_CHARS)
    # A letter or digit survives normalising, and the first one is found sooner.
    if not any(map(str.isalnum, title)) and not normalise(title):
        raise RowRefused("empty_title", f"`title` is empty: {title!r}.", "Give the product a title.")
    return title


def _items(name: str, value: list[object]) -> list[str]:
    items = [_text(name, item) for item in value]
    length = sum(map(len, items))
    if length > FIELD_CHARS:
        _refuse_length(name, length, FIELD_CHARS)
    return items


def _bullets(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        items = _items("bullets", value)
    else:
        items = [item.strip("• \t\r") for item in _BULLETS.split(_text("bullets", value))]
    return tuple(item for item in items if item)


def _paths(value: object, *, labelled: bool) -> tuple[str, ...]:
    try:
        if isinstance(value, list):
            items = _items("category_path", value)
            paths = tuple(dict.fromkeys(clean_path(item) for item in items if item))
        else:
            paths = split_paths(_text("category_path", value))
    except RowRefused:
        raise
    except ValueError as error:
        raise RowRefused("bad_value", str(error), "Write it root first, joined with ' > '.") from error
    if labelled and not paths:
        fix = f"Fill it in, root first, joined with ' > ', several joined with {LABEL_SEPARATOR!r}."
        raise RowRefused("bad_value", "`category_path` is empty, but a label is needed here.", fix)
    return paths


def _popularity(value: object) -> float:
    text = _as_text(value)
    try:
        number = float(text or 0.0) if text is not None else math.inf
    except ValueError:
        number = math.inf
    if math.isnan(number):
        return 0.0
    if not 0.0 <= number < math.inf:
        raise RowRefused("bad_value", f"`popularity` is {_shown(value)}.", "Write a number, 0 or more.")
    return number


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…"
