"""What the exit code says."""

from typing import Final

OK: Final = 0
ERROR_ROWS: Final = 1
COULD_NOT_RUN: Final = 2
STOPPED: Final = 3


def finished(error_rows: int) -> int:
    """Of a command that ran to its end."""
    return ERROR_ROWS if error_rows else OK
