"""A model of this process as a LangChain chat model."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, ConfigDict, PrivateAttr

from agents.llm.batcher import MicroBatcher
from agents.llm.decoding import Generation, GenerationRequest
from agents.llm.structured import StructuredReply, answer_schema, read_reply


class LocalModel(Protocol):
    """What `EmbeddedChat` needs of a model in this process."""

    name: str
    revision: str

    def render(self, messages: Sequence[BaseMessage]) -> str:
        """The prompt text of a conversation."""
        ...

    def generate_batch(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answers, in the order of the requests."""
        ...


class EmbeddedChat(BaseChatModel):
    """Chat over a model in this process; calls that arrive together are decoded together.

    Decoding is greedy, so the same messages get the same answer whoever else is in the batch (up to float
    noise).

    Args:
        model: the model.
        max_tokens: most tokens of an answer; a call may pass its own `max_tokens`.
        max_batch: most calls decoded together.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: Any
    max_tokens: int = 512
    max_batch: int = 16
    _batcher: MicroBatcher[GenerationRequest, Generation] = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._batcher = MicroBatcher(self._local.generate_batch, max_batch=self.max_batch)

    @property
    def _local(self) -> LocalModel:
        return cast(LocalModel, self.model)

    @property
    def _llm_type(self) -> str:
        return "dual-expert-embedded"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        model = self._local
        return {"model": model.name, "revision": model.revision, "max_tokens": self.max_tokens}

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> GenerationRequest:
        return GenerationRequest(
            prompt=self._local.render(messages),
            max_new_tokens=options.get("max_tokens") or self.max_tokens,
            schema=options.get("json_schema"),
            stop=tuple(stop or ()),
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(self._batcher.submit(self._request(messages, stop, kwargs)).result())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        future = self._batcher.submit(self._request(messages, stop, kwargs))
        return self._result(await asyncio.wrap_future(future))

    def _result(self, generation: Generation) -> ChatResult:
        message = AIMessage(
            content=generation.text,
            usage_metadata={
                "input_tokens": generation.tokens_in,
                "output_tokens": generation.tokens_out,
                "total_tokens": generation.tokens_in + generation.tokens_out,
                "input_token_details": {"cache_read": generation.tokens_cached},
            },
            response_metadata={"finish_reason": generation.finish_reason, "model_name": self._local.name},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """A runnable whose answer is written under the schema's grammar and validated.

        Args:
            schema: a pydantic model class, or a JSON schema (then nothing is parsed, and `include_raw` is
                needed).
            include_raw: give `raw`, `parsed` and `parsing_error` instead of the value.
            kwargs: `method` and `strict` of other chat models; a grammar is always strict.

        Raises:
            LLMAnswerError: from the runnable, when the answer was cut off or does not validate.
        """
        if isinstance(schema, dict):
            return self.bind(json_schema=schema) | RunnableLambda(_unread)
        model = cast(type[BaseModel], schema)
        chain = self.bind(json_schema=answer_schema(model)) | RunnableLambda(
            lambda raw: read_reply(raw, model)
        )
        return chain if include_raw else chain | RunnableLambda(_value)


def _unread(raw: AIMessage) -> StructuredReply:
    return StructuredReply(raw=raw, parsed=None, parsing_error=None)


def _value(reply: StructuredReply) -> Any:
    if reply["parsing_error"] is not None:
        raise reply["parsing_error"]
    return reply["parsed"]
