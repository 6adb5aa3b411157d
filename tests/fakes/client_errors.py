"""Errors as the HTTP clients of providers raise them."""

import httpx
import httpx2
import openai

URL = "http://server/v1/chat/completions"


def openai_error(status: int, **headers: str) -> openai.APIStatusError:
    response = httpx2.Response(status, request=httpx2.Request("POST", URL), headers=headers)
    return openai.APIStatusError(f"status {status}", response=response, body=None)


def httpx_error(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", URL)
    response = httpx.Response(status, request=request, headers=headers)
    return httpx.HTTPStatusError(f"status {status}", request=request, response=response)


def caused_by(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error
