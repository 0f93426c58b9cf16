"""One call to an OpenAI-compatible server: what is sent, and what is believed of the answer.

Here: `Request`, `Reply`, `Wire`, and what other protocols need to read answers: `Line` says what
each offers, `anthropic_api` and `google_api` are next door. Whatever a server says is untrusted:
it is read up to a size, checked field by field, and shown as one plain line without the key.
`failures` says which failures are worth another try, `retry` tries again.
"""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import httpx2
from openai import DefaultHttpxClient, OpenAI, OpenAIError

from phylolm.models.servers.failures import HiccupError, fault_of, plain, timed_out
from phylolm.models.servers.logprobs import Step, read_steps
from phylolm.models.servers.providers import PROVIDERS, Endpoint

CALL_SECONDS = 60.0
"""A call that takes longer is given up."""

MOST_BYTES = 8_000_000
"""A longer answer to a request for a few tokens is no answer."""

MOST_TEXT = 2_000
"""Characters kept of one completion; servers may ignore the token limit, alleles need 8."""

_HEADERS_SENT = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-stainless-raw-response",  # the client reads it back from the request
}


@dataclass(frozen=True)
class Request:
    """What is asked. begun: what the answer begins with, where it is told. extra: further fields
    of the protocol (seed, logprobs, …)."""

    prompt: str | Sequence[str]
    choices: int
    max_tokens: int
    temperature: float
    extra: Mapping[str, Any] = field(default_factory=dict)
    begun: str = ""

    def with_extra(self, fields: Mapping[str, Any]) -> Request:
        """The same with further fields."""
        return replace(self, extra={**self.extra, **fields})


@dataclass(frozen=True)
class Choice:
    """One answer; steps: the probabilities that came with it, token by token."""

    text: str
    ended: bool
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What came. served: the model and fingerprint that the server names; tokens: in and out, if
    it counts them."""

    choices: tuple[Choice, ...]
    served: str
    tokens: tuple[int, int] | None
    seconds: float


class Line(Protocol):
    """The way to one endpoint, in some protocol; used by several threads."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it leads."""

    @property
    def seconds(self) -> float:
        """A call that takes longer is given up."""

    def ask(self, request: Request) -> Reply:
        """One call. Raises HiccupError for what another try may mend, BackendError for the rest."""


class Wire:
    """The way to one endpoint in OpenAI's protocol."""

    def __init__(self, endpoint: Endpoint, seconds: float = CALL_SECONDS) -> None:
        self.endpoint, self.seconds = endpoint, seconds
        self._client = OpenAI(
            api_key=endpoint.key or "none",
            base_url=endpoint.url,
            timeout=httpx2.Timeout(seconds, connect=min(10.0, seconds)),
            max_retries=0,
            http_client=DefaultHttpxClient(
                follow_redirects=False,
                event_hooks={"request": [partial(_only_needed_headers, endpoint)]},
            ),
        )
        weakref.finalize(self, self._client.close)

    def ask(self, request: Request) -> Reply:
        """One call. Raises HiccupError for what another try may mend, BackendError for the rest."""
        started = time.monotonic()
        try:
            body = self._send(request, started)
        except (OpenAIError, httpx2.HTTPError) as error:
            raise fault_of(error, self.endpoint, self.seconds) from None
        return read_reply(body, self.endpoint, time.monotonic() - started)

    def _send(self, request: Request, started: float) -> bytes:
        client, fields = self._client, self._fields(request)
        chat = self.endpoint.chat
        resource: Any = client.chat.completions if chat else client.completions
        with resource.with_streaming_response.create(**fields) as response:
            return read_body(response.iter_bytes(), self.endpoint, self.seconds, started)

    def _fields(self, request: Request) -> dict[str, Any]:
        """`n` is left out where one answer is enough: some servers refuse the word."""
        endpoint = self.endpoint
        asked: dict[str, Any] = {
            "model": endpoint.model,
            endpoint.limit: request.max_tokens,
            "temperature": request.temperature,
            "top_p": 1,
        }
        if endpoint.chat:
            asked["messages"] = [{"role": "user", "content": request.prompt}]
        else:
            asked["prompt"] = request.prompt
        if request.choices > 1:
            asked["n"] = request.choices
        return asked | dict(request.extra)


def read_body(chunks: Iterable[bytes], endpoint: Endpoint, seconds: float, started: float) -> bytes:
    """A whole answer. Raises HiccupError for one that is too long or takes too long."""
    read = bytearray()
    for chunk in chunks:
        read += chunk
        if len(read) > MOST_BYTES:
            raise HiccupError(f"{endpoint.host} answers with more than {MOST_BYTES:,} bytes")
        if time.monotonic() - started > seconds:
            raise timed_out(endpoint, seconds)
    return bytes(read)


def read_json(body: bytes | str, endpoint: Endpoint) -> dict[str, Any]:
    """The fields of an answer; none if it is not an object. Raises HiccupError for what is no
    JSON."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise HiccupError(f"{endpoint.host} answers with something that is not JSON") from None
    return said if isinstance(said, dict) else {}


def choice_of(text: str, ended: bool, steps: tuple[Step, ...] = ()) -> Choice:
    """A choice with as much of its text as is worth keeping."""
    whole = text.encode("utf-8", "replace").decode()
    kept = whole[:MOST_TEXT]
    return Choice(kept, ended and kept == whole, steps)


def counts_of(usage: object, *names: str) -> list[int]:
    """The numbers of tokens under these names, as far as they can be believed."""
    said = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    return [n for n in said if isinstance(n, int) and 0 <= n < 10**9]


def read_reply(body: bytes, endpoint: Endpoint, seconds: float = 0.0) -> Reply:
    """The answer in a body. Raises HiccupError for what is none."""
    said = read_json(body, endpoint)
    found = said.get("choices")
    if not isinstance(found, list):
        raise HiccupError(f"{endpoint.host} answers with JSON that has no choices")
    choices = tuple(_choice(each, endpoint) for each in found)
    if not choices:
        raise HiccupError(f"{endpoint.host} answers with an empty list of choices")
    return Reply(choices, _served(said), _tokens(said.get("usage")), seconds)


def _choice(said: object, endpoint: Endpoint) -> Choice:
    holder = said.get("message") if isinstance(said, dict) and endpoint.chat else said
    text = holder.get("content" if endpoint.chat else "text") if isinstance(holder, dict) else 0
    if not isinstance(said, dict) or not isinstance(text, str | None):
        raise HiccupError(f"{endpoint.host} answers with a choice that has no text")
    ended = said.get("finish_reason") in ("stop", "eos", "eos_token", "end_turn")
    return choice_of(text or "", ended, read_steps(said.get("logprobs")))


def _served(said: Mapping[str, Any]) -> str:
    names = [said.get("model"), said.get("system_fingerprint")]
    return " ".join(plain(name, 80) for name in names if isinstance(name, str) and name)


def _tokens(usage: object) -> tuple[int, int] | None:
    known = counts_of(usage, "prompt_tokens", "completion_tokens")
    return (known[0], known[1]) if len(known) == 2 else None


def _only_needed_headers(endpoint: Endpoint, request: httpx2.Request) -> None:
    """The client adds OpenAI's headers from the environment; only OpenAI gets them."""
    if endpoint.url == PROVIDERS["openai"].url:
        return
    for name in [name for name in request.headers if name.lower() not in _HEADERS_SENT]:
        del request.headers[name]
    if not endpoint.key and "authorization" in request.headers:
        del request.headers["authorization"]
