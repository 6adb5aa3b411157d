"""The exception tree of Dual-Expert.

::

    DualExpertError            anything we raise on purpose; carries a fix
    ├── CatalogError           a catalog that cannot be read at all (a bad row is a RowError)
    ├── TaxonomyError          a taxonomy that contradicts itself
    ├── WorkspaceError         a workspace that is missing, half-written, changed or of another version
    ├── SettingsError          a setting or option that makes no sense
    ├── PromptError            a prompt file that cannot be loaded or rendered
    ├── EncoderError           an encoder that cannot be loaded or trained
    └── LLMError               a general-purpose model that could not answer
        ├── LLMUnavailable     refused, timed out, rate-limited past the last retry
        └── LLMAnswerError     it answered, and the answer cannot be used
"""


class DualExpertError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: what is wrong, with the names in backticks and the values as `repr`.
        fix: what the user can do about it, as an imperative sentence; may be empty.
    """

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} Fix: {self.fix}" if self.fix else self.message


class CatalogError(DualExpertError):
    """The catalog as a whole cannot be read."""


class TaxonomyError(DualExpertError):
    """The taxonomy contradicts itself or does not hold what is asked of it."""


class WorkspaceError(DualExpertError):
    """The workspace is missing, half-written, changed on disk or of another format version."""


class SettingsError(DualExpertError):
    """A setting or a command line option makes no sense."""


class PromptError(DualExpertError):
    """A prompt file cannot be loaded or rendered."""


class EncoderError(DualExpertError):
    """An encoder cannot be loaded or trained."""


class LLMError(DualExpertError):
    """The general-purpose model could not answer."""


class LLMUnavailable(LLMError):
    """The model was refused, timed out or stayed rate-limited past the last retry."""


class LLMAnswerError(LLMError):
    """The model answered, and the answer cannot be used."""
