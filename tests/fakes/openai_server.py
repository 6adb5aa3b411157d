"""A scripted server that speaks OpenAI's protocol on loopback, well or badly.

::

    with OpenAIServer([status(429, retry_after="0"), ok({"pick": 2})]) as server:
        llm = build_llm("any-model", base_url=server.base_url)
        ...
    assert len(server.requests) == 2
"""

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PROMPT_TOKENS = 11
COMPLETION_TOKENS = 7
"""Usage reported with every chat answer."""


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it arrived: path, headers by lower-case name, decoded body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Behaviour = Callable[["_Handler", RecordedRequest], None]
Script = Sequence[Behaviour] | Callable[[RecordedRequest], Behaviour]


def ok(payload: dict[str, Any]) -> Behaviour:
    """A good answer: JSON content, or a call of the tool that the request offers."""
    return _answer(json.dumps(payload), "stop")


def text(content: str) -> Behaviour:
    """A complete answer that says just this."""
    return _answer(content, "stop")


def truncated(content: str) -> Behaviour:
    """An answer cut off at the token limit."""
    return _answer(content, "length")


def empty() -> Behaviour:
    """A complete answer of no words."""
    return text("")


def huge(characters: int) -> Behaviour:
    """A well-formed JSON answer of a size nobody asked for."""
    return ok({"reason": "x" * characters})


def status(code: int, *, message: str = "scripted failure", retry_after: str | None = None) -> Behaviour:
    """An error status in OpenAI's envelope."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda handler, _: handler.send_json({"error": {"message": message}}, code, headers)


def page(body: str) -> Behaviour:
    """Status 200 with something else than JSON, as a proxy sends it."""
    return lambda handler, _: handler.send_body(body.encode(), "text/html")


def reset() -> Behaviour:
    """The connection is torn down without an answer."""

    def behave(handler: "_Handler", _: RecordedRequest) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return behave


def hang() -> Behaviour:
    """No answer for as long as the server runs."""
    return lambda handler, _: handler.stopping.wait() and None


def echo_logprobs(first: str = "", last: str = "!") -> Behaviour:
    """Completions with `echo`: every word of a prompt is a token of logprob -len(word).

    Args:
        first: a token put before the prompt, such as `<bos>`.
        last: the one generated token, of logprob -100.
    """
    return lambda handler, request: handler.send_json(
        {
            "id": "cmpl",
            "object": "text_completion",
            "created": 0,
            "model": "fake",
            "choices": [
                _echo_choice(index, prompt, first, last)
                for index, prompt in enumerate(request.body["prompt"])
            ],
        }
    )


def _echo_choice(index: int, prompt: str, first: str, last: str) -> dict[str, Any]:
    words = [word for word in [first, *re.findall(r"\s*\S+", prompt)] if word]
    tokens = [*words, last]
    return {
        "index": index,
        "text": prompt + last,
        "finish_reason": "length",
        "logprobs": {
            "tokens": tokens,
            "token_logprobs": [None, *(-float(len(word)) for word in words[1:]), -100.0],
            "text_offset": [sum(map(len, tokens[:place])) for place in range(len(tokens))],
            "top_logprobs": None,
        },
    }


def _answer(content: str, finish_reason: str) -> Behaviour:
    def behave(handler: "_Handler", request: RecordedRequest) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if tools := request.body.get("tools"):
            call = {"name": tools[0]["function"]["name"], "arguments": content}
            message = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call", "type": "function", "function": call}],
            }
        handler.send_json(_chat_completion(message, finish_reason))

    return behave


def _chat_completion(message: dict[str, Any], finish_reason: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": COMPLETION_TOKENS,
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        },
    }


class OpenAIServer:
    """Serves a script while the `with` block runs, and records what it was asked.

    Args:
        script: behaviours in order, the last one for all further requests; or a function from request to one.
    """

    def __init__(self, script: Script) -> None:
        self.requests: list[RecordedRequest] = []
        self._script = script
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.stopping = threading.Event()

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def behaviour_for(self, request: RecordedRequest) -> Behaviour:
        """Record a request and say how to answer it."""
        with self._lock:
            self.requests.append(request)
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.requests), len(self._script)) - 1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: OpenAIServer

    @property
    def stopping(self) -> threading.Event:
        return self.owner.stopping

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = RecordedRequest(self.path, headers, body)
        self.owner.behaviour_for(request)(self, request)

    def send_json(self, payload: Any, code: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_body(json.dumps(payload).encode(), "application/json", code, headers)

    def send_body(
        self, body: bytes, content_type: str, code: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(code)
        fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a client may hang up in the middle
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep test output clean."""


def _handler_for(server: OpenAIServer) -> type[_Handler]:
    return type("Handler", (_Handler,), {"owner": server})
