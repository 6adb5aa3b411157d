"""transformers without its progress bars and load notes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers.utils import logging

_log: Any = logging  # its functions are not annotated


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Nothing on stderr while a model loads: it is not for the user of a command."""
    bars, level = _log.is_progress_bar_enabled(), _log.get_verbosity()
    _log.disable_progress_bar()
    _log.set_verbosity_error()
    try:
        yield
    finally:
        _log.set_verbosity(level)
        if bars:
            _log.enable_progress_bar()
