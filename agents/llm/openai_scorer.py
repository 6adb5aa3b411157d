"""Likelihood from a server that speaks OpenAI's completions protocol and can echo log-probabilities."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import openai
from openai.types import Completion, CompletionChoice

from agents.llm.bounded import SCORE_BYTES, Bounds
from agents.llm.likelihood import TokenScore
from agents.llm.traffic import Traffic
from agents.llm.usage import Usage, completion_usage, count_usage
from catalog.errors import LLMAnswerError

_FIX = "use a server that echoes log-probabilities (vLLM does), or rank with strategy 'rank'"


class OpenAIScorer:
    """Scores by `POST {base_url}/completions` with `echo` and `logprobs`.

    vLLM and OpenAI's own completion models answer it. `max_tokens` is 1, not 0, because some servers read 0
    as unlimited; `logprobs` is 1, not 0, because some read 0 as off. The token that is generated on top is
    ignored.

    Args:
        model: the model's name at the server.
        base_url: such as `http://localhost:8000/v1`.
        api_key: sent as bearer token; None for servers that take none.
        timeout_s: for each request.
        traffic: shared with the chat model of the same server.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        traffic: Traffic | None = None,
    ) -> None:
        self._model = model
        self._traffic = traffic or Traffic()
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout_s,
            max_retries=0,
            http_client=Bounds(SCORE_BYTES, timeout_s).client(self._traffic.limiter.limit),
        )

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        """One request for all continuations; see `agents.llm.likelihood.Scorer`.

        Raises:
            LLMUnavailable: the server refused or did not answer.
            LLMAnswerError: it answered without what a score needs.
        """
        if not continuations:
            return []
        text = head + prefix
        prompts = [text + continuation for continuation in continuations]
        completion = self._traffic.call(lambda: self._complete(prompts))
        count_usage(_usage(completion))
        choices = sorted(completion.choices, key=lambda choice: choice.index)
        if len(choices) != len(prompts):
            raise LLMAnswerError(
                f"{len(prompts)} prompts were sent and {len(choices)} choices came back", fix=_FIX
            )
        return [_score(choice, len(text), prompt) for choice, prompt in zip(choices, prompts, strict=True)]

    def _complete(self, prompts: list[str]) -> Completion:
        return self._client.completions.create(
            model=self._model, prompt=prompts, max_tokens=1, echo=True, logprobs=1, temperature=0
        )


def _usage(completion: Completion) -> Usage:
    """As the server counts; where it does not, the tokens that it echoed."""
    if completion.usage is not None:
        return completion_usage(completion.usage)
    echoed = (choice.logprobs.tokens or () for choice in completion.choices if choice.logprobs)
    return Usage(calls=1, tokens_in=sum(map(len, echoed)))


def _score(choice: CompletionChoice, start: int, prompt: str) -> TokenScore:
    """Sum over the tokens that carry characters `start` to the end of `prompt`."""
    found = choice.logprobs
    if found is None or not found.tokens or not found.token_logprobs:
        raise LLMAnswerError("the server sent no log-probabilities", fix=_FIX)
    spans = _spans(found.tokens, found.text_offset, prompt)
    scored = [
        logprob
        for (begin, end), logprob in zip(spans, found.token_logprobs, strict=True)
        if end > start and begin < len(prompt)
    ]
    if not scored and len(prompt) > start:
        raise LLMAnswerError("the server did not echo the prompt", fix=_FIX)
    if any(logprob is None for logprob in scored):
        raise LLMAnswerError("nothing stands before the continuations", fix="pass a `prefix` or a `head`")
    return TokenScore(sum(scored), len(scored))


def _spans(tokens: Sequence[str], offsets: Sequence[int] | None, prompt: str) -> list[tuple[int, int]]:
    """Where each token lies in `prompt`, by characters.

    Where the tokens spell the prompt, their own lengths say it, which also holds behind a token such as
    `<bos>` that the server put first. Else (bytes of one character shown apart) the server's `text_offset`
    does.
    """
    begin = "".join(tokens).find(prompt)
    if begin >= 0:
        return list(pairwise(accumulate(map(len, tokens), initial=-begin)))
    if offsets is None or len(offsets) != len(tokens):
        raise LLMAnswerError("the server did not echo the prompt", fix=_FIX)
    return list(pairwise([*offsets, offsets[-1] + 1]))
