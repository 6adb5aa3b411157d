"""Records made from options: what they refuse is said in words of the command line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from catalog.errors import SettingsError

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


def checked(model: type[M], options: Mapping[str, object]) -> M:
    """A `model` from options that are called like its fields.

    Raises:
        SettingsError: names the option and its value.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(options)
    except ValidationError as error:
        problem = error.errors()[0]
        option = f"--{str(problem['loc'][0]).replace('_', '-')}"
        raise SettingsError(
            f"`{option}` is {problem['input']!r}: {problem['msg']}.", fix=f"Correct `{option}`."
        ) from error
