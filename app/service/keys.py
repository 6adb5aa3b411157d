"""Who may ask: keys with a name each, compared in constant time."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from catalog.errors import SettingsError

SHORTEST_KEY = 16
_SCHEME = "bearer "


@dataclass(frozen=True)
class Keys:
    """Attributes:
    digests: SHA-256 of each key by its owner's name; the keys themselves are not kept. Empty asks for none.
    """

    digests: Mapping[str, bytes]

    def __bool__(self) -> bool:
        return bool(self.digests)

    def owner(self, authorization: str) -> str | None:
        """Whose key stands in an `Authorization: Bearer …` header; None when nobody's."""
        if not authorization.lower().startswith(_SCHEME):
            return None
        given = _digest(authorization[len(_SCHEME) :].strip())
        # All are compared, so that time tells neither how much of a key is right nor which one it is.
        owners = [name for name, known in self.digests.items() if hmac.compare_digest(given, known)]
        return owners[0] if owners else None


def read_keys(path: Path) -> Keys:
    """Keys of a file: a line is `NAME KEY`; empty lines and those with `#` first are left out.

    Raises:
        SettingsError: it cannot be read, or a line is no such pair; the key is not shown.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` cannot be read: {error}.", fix="Correct `--api-key-file`.") from error
    keys = keys_of(text, str(path))
    if not keys:
        raise SettingsError(f"`{path}` holds no key.", fix="Write a line `NAME KEY`.")
    return keys


def keys_of(text: str, place: str) -> Keys:
    """Keys of lines `NAME KEY`; raises SettingsError as `read_keys`."""
    digests: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, *rest = line.split()
        if len(rest) != 1 or len(rest[0]) < SHORTEST_KEY or not rest[0].isascii() or name in digests:
            fix = f"Write `NAME KEY`, each name once, with a key of {SHORTEST_KEY} or more ASCII characters."
            raise SettingsError(f"Line {number} of `{place}` is no key.", fix=fix)
        digests[name] = _digest(rest[0])
    return Keys(digests)


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
