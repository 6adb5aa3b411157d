"""A language model that answers by script, cases without a workspace, and the contestants over them."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable, RunnableLambda

from agents.case import Candidate, Case, Recommendation
from agents.fusion import Fusions
from agents.llm.counting import Estimate
from agents.llm.model import LLM
from agents.llm.structured import StructuredReply
from catalog.errors import LLMUnavailable
from catalog.product import Product
from experiments.cases import LabelledCase, labelled_case
from experiments.opening import Bench
from graph.batch.rehearsal import RehearsalChat

PATHS = ("Toys > Beach Toys", "Toys > Snow Toys", "Toys > Puzzles")


class ScriptedChat(RehearsalChat):
    """Ranks as its script says; counts what it is asked."""

    script: Any
    temperature: float = 0.0

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        result = super()._generate(messages, stop, run_manager, **kwargs)
        said = self.script("\n".join(message.text for message in messages))
        wanted = kwargs["json_schema"]["properties"]
        answer = {name: value for name, value in said.items() if name in wanted}
        result.generations[0].message.content = json.dumps(answer)
        return result

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        def reply(raw: Any) -> StructuredReply:
            return StructuredReply(raw=raw, parsed=None, parsing_error=None)

        return self.bind(json_schema=schema) | RunnableLambda(reply)


@dataclass
class Script:
    """What the scripted model says: the numbers of `ranking`, a failure where the prompt holds a word.

    Attributes:
        asked: every prompt, in order.
    """

    ranking: Callable[[str], list[int]] = lambda _: [1, 2, 3]
    fails_on: str = ""
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, text: str) -> dict[str, Any]:
        with self.lock:
            self.asked.append(text)
        if self.fails_on and self.fails_on in text:
            raise LLMUnavailable("the server said 503")
        ranking = self.ranking(text)
        return {"clues": [], "user": "u", "use_case": "c", "ranking": ranking, "reason": f"ranked {ranking}"}

    def llm(self) -> LLM:
        return LLM("scripted", ScriptedChat(counter=Estimate(), script=self), None, "rank")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def bench(script: Script, tmp_path: Path) -> Bench:
    return Bench(script.llm(), Fusions(), overlay=tmp_path / "own" if (tmp_path / "own").is_dir() else None)


def made_case(number: int) -> tuple[LabelledCase, Case]:
    """A product and its candidates; the second is right. Every third product has a brand."""
    product = Product(
        product_id=f"p{number}",
        title=f"Snow clip {number}",
        brand="Frosty" if number % 3 == 0 else "",
        locale="en-US",
    )
    candidates = tuple(
        Candidate(category_id=str(place), category_path=path, score=0.5 - place / 10, source="head")
        for place, path in enumerate(PATHS)
    )
    recommendation = Recommendation(candidates=candidates, confidence=0.5)
    case = Case(product=product, recommendation=recommendation, definitions=())
    return labelled_case(product, [PATHS[1]], "made up"), case
