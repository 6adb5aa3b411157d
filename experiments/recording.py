"""What would be sent: the real agents ask a language model that only writes down what it was asked."""

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr

from agents.llm.counting import TokenCounter
from agents.llm.likelihood import TokenScore
from agents.llm.model import LLM, Strategy
from evaluation.record import Record
from graph.batch.rehearsal import RehearsalChat, RehearsalScorer


class Request(Record):
    """One request as the model gets it.

    Attributes:
        kind: a chat that is answered, or continuations that are scored.
        messages: role and text of each, of a chat.
        answer_schema: JSON schema of the answer, of a chat.
        head: text that many requests share, of scoring.
        text: behind the head, of scoring.
        continuations: what is scored behind the text.
        tokens: of everything that the model reads, the head included.
    """

    kind: Literal["chat", "score"]
    messages: tuple[tuple[str, str], ...] = ()
    answer_schema: dict[str, Any] | None = None
    head: str = ""
    text: str = ""
    continuations: tuple[str, ...] = ()
    tokens: int


class RecordingChat(RehearsalChat):
    """Answers anything of the right form and keeps what it was asked."""

    _requests: list[Request] = PrivateAttr(default_factory=list)

    @property
    def requests(self) -> list[Request]:
        return self._requests

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._requests.append(
            Request(
                kind="chat",
                messages=tuple((message.type, message.text) for message in messages),
                answer_schema=kwargs["json_schema"],
                tokens=self.counter.messages(messages),
            )
        )
        return super()._generate(messages, stop, run_manager, **kwargs)


class RecordingScorer(RehearsalScorer):
    """Scores by length and keeps what it was asked; see `agents.llm.likelihood.Scorer`."""

    def __init__(self, counter: TokenCounter, requests: list[Request]) -> None:
        super().__init__(counter)
        self._tokens = counter
        self._requests = requests

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        scores = super().score(prefix, continuations, head)
        tokens = self._tokens.text(head + prefix) + sum(score.tokens for score in scores)
        self._requests.append(
            Request(kind="score", head=head, text=prefix, continuations=tuple(continuations), tokens=tokens)
        )
        return scores


def recording_llm(name: str, strategy: Strategy, counter: TokenCounter) -> tuple[LLM, list[Request]]:
    """A stand-in for the model `name`, and the list that its requests go to."""
    chat = RecordingChat(counter=counter)
    return LLM(name, chat, RecordingScorer(counter, chat.requests), strategy), chat.requests
