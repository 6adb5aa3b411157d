"""A language model that answers differently when it is asked again, so that repeats are samples."""

from collections.abc import Sequence
from dataclasses import replace

from agents.llm.model import LLM
from catalog.errors import SettingsError
from experiments.arms import Arm

TEMPERATURE = 0.7


def sampling(llm: LLM, temperature: float) -> LLM:
    """The same model at a temperature.

    Raises:
        SettingsError: it decodes greedily.
    """
    chat = llm.chat
    if "temperature" not in type(chat).model_fields:
        raise SettingsError(
            f"{llm.name!r} always gives the same answer, so repeats would count one answer several times.",
            fix="Leave `--repeats` and `--temperature` out, or name a model that samples.",
        )
    memory = llm.memory
    if memory is not None:
        memory = replace(memory, identity={**memory.identity, "temperature": temperature})
    return replace(llm, chat=chat.model_copy(update={"temperature": temperature}), memory=memory)


def refuse_fixed(arms: Sequence[Arm]) -> None:
    """Likelihoods do not differ from call to call.

    Raises:
        SettingsError: a contestant ranks by likelihood.
    """
    fixed = [arm.label for arm in arms if arm.expert.kind == "likelihood"]
    if fixed:
        raise SettingsError(
            f"{fixed[0]!r} ranks by likelihood, which is the same every time.",
            fix="Leave `--repeats` out, or compare strategies that answer.",
        )
