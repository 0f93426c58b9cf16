"""Google's protocol (Gemini API): one call, and what is believed of its answer.

Here: `open_model` and `GoogleWire`. Next door: `openai_api` says what a line is, `model` is the
backend.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import httpx2
from google import genai
from google.genai.errors import APIError

from phylolm.models.protocol import ModelSpec
from phylolm.models.servers.failures import HiccupError, fault_of, plain
from phylolm.models.servers.model import ServerModel, model_on
from phylolm.models.servers.openai_api import (
    CALL_SECONDS,
    Choice,
    Reply,
    Request,
    choice_of,
    counts_of,
    read_body,
    read_json,
)
from phylolm.models.servers.providers import Endpoint, endpoint_of

_THINKING: Mapping[str, dict[str, Any]] = {
    "off": {"thinking_config": {"thinking_budget": 0}},
    "minimal": {"thinking_config": {"thinking_level": "minimal"}},
}
"""What is sent for ?thinking=; nothing unless asked, as models that don't think refuse the word."""


def open_model(spec: ModelSpec) -> ServerModel:
    """A model of Google's."""
    thinking = spec.options.get("thinking", "")
    return model_on(GoogleWire(endpoint_of(spec), thinking=thinking), spec)


class GoogleWire:
    """The way to one model; see `phylolm.models.servers.openai_api.Line`."""

    def __init__(
        self, endpoint: Endpoint, seconds: float = CALL_SECONDS, thinking: str = ""
    ) -> None:
        self.endpoint, self.seconds = endpoint, seconds
        self._thinking = _THINKING.get(thinking, {})
        bounds: dict[str, list[Callable[..., Any]]] = {
            "response": [partial(_bound, endpoint, seconds)]
        }
        self._http = httpx2.Client(follow_redirects=False, event_hooks=bounds)
        options = genai.types.HttpOptions(
            base_url=endpoint.url,
            api_version="v1beta",
            timeout=int(1000 * seconds),
            httpx_client=self._http,
        )
        self._client = genai.Client(
            api_key=endpoint.key or "none", vertexai=False, http_options=options
        )
        weakref.finalize(self, self._http.close)

    def ask(self, request: Request) -> Reply:
        """One call. Raises HiccupError for what another try may mend, BackendError for the rest."""
        started = time.monotonic()
        try:
            response = self._client.models.generate_content(
                model=self.endpoint.model,
                contents=str(request.prompt),
                config=genai.types.GenerateContentConfig(**self._settings(request)),
            )
        except (APIError, httpx2.HTTPError) as error:
            raise fault_of(error, self.endpoint, self.seconds) from None
        answer = response.sdk_http_response
        body = (answer.body if answer else "") or ""
        return read_reply(body, self.endpoint, time.monotonic() - started)

    def _settings(self, request: Request) -> dict[str, Any]:
        asked = {
            "max_output_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": 1,
            "should_return_http_response": True,
        }
        if request.choices > 1:
            asked["candidate_count"] = request.choices
        return asked | self._thinking | dict(request.extra)


def _bound(endpoint: Endpoint, seconds: float, response: httpx2.Response) -> None:
    """The client reads whole answers: see that it reads no more, and no longer, than it should."""
    assert isinstance(response.stream, httpx2.SyncByteStream)
    response.stream = _Bounded(response.stream, endpoint, seconds)


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, endpoint: Endpoint, seconds: float) -> None:
        self._stream, self._endpoint, self._seconds = stream, endpoint, seconds

    def __iter__(self) -> Iterator[bytes]:
        yield read_body(self._stream, self._endpoint, self._seconds, time.monotonic())

    def close(self) -> None:
        self._stream.close()


def read_reply(body: bytes | str, endpoint: Endpoint, seconds: float = 0.0) -> Reply:
    """The answer in a body. Raises HiccupError for what is none."""
    said = read_json(body, endpoint)
    found, feedback = said.get("candidates"), said.get("promptFeedback")
    if found is None and isinstance(feedback, dict) and feedback.get("blockReason"):
        found = [{"finishReason": "SAFETY"}]
    if not isinstance(found, list):
        raise HiccupError(f"{endpoint.host} answers with JSON that has no candidates")
    choices = tuple(_choice(each, endpoint) for each in found)
    if not choices:
        raise HiccupError(f"{endpoint.host} answers with an empty list of candidates")
    served = plain(str(said.get("modelVersion") or ""), 80)
    return Reply(choices, served, _tokens(said.get("usageMetadata")), seconds)


def _choice(said: object, endpoint: Endpoint) -> Choice:
    """A candidate without content said nothing, or was held back."""
    holder = said.get("content", {}) if isinstance(said, dict) else None
    parts = holder.get("parts", []) if isinstance(holder, dict) else None
    if not isinstance(said, dict) or not isinstance(parts, list):
        raise HiccupError(f"{endpoint.host} answers with a candidate that has no parts")
    texts = [part for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    if len(texts) < len(parts):
        raise HiccupError(f"{endpoint.host} answers with a part that has no text")
    spoken = "".join(part["text"] for part in texts if not part.get("thought"))
    return choice_of(spoken, said.get("finishReason") == "STOP")


def _tokens(usage: object) -> tuple[int, int] | None:
    """Thoughts are paid for as answers are."""
    asked = counts_of(usage, "promptTokenCount")
    if not asked:
        return None
    return asked[0], sum(counts_of(usage, "candidatesTokenCount", "thoughtsTokenCount"))
