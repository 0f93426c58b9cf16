"""Anthropic's protocol: one call, and what is believed of its answer.

Here: `open_model` and `AnthropicWire`. Next door: `openai_api` says what a line is.
"""

from __future__ import annotations

import time
import weakref
from typing import Any

import httpx2
from anthropic import Anthropic, AnthropicError, DefaultHttpxClient

from phylolm.models.protocol import ModelSpec
from phylolm.models.servers.failures import HiccupError, fault_of, plain
from phylolm.models.servers.model import ServerModel, model_on
from phylolm.models.servers.openai_api import (
    CALL_SECONDS,
    Reply,
    Request,
    choice_of,
    counts_of,
    read_body,
    read_json,
)
from phylolm.models.servers.providers import Endpoint, endpoint_of


def open_model(spec: ModelSpec) -> ServerModel:
    """A model of Anthropic's."""
    return model_on(AnthropicWire(endpoint_of(spec)), spec)


class AnthropicWire:
    """The way to one model; see `phylolm.models.servers.openai_api.Line`. One answer a call."""

    def __init__(self, endpoint: Endpoint, seconds: float = CALL_SECONDS) -> None:
        self.endpoint, self.seconds = endpoint, seconds
        self._client = Anthropic(
            api_key=endpoint.key or "none",
            base_url=endpoint.url,
            timeout=httpx2.Timeout(seconds, connect=min(10.0, seconds)),
            max_retries=0,
            http_client=DefaultHttpxClient(follow_redirects=False),
        )
        weakref.finalize(self, self._client.close)

    def ask(self, request: Request) -> Reply:
        """One call. Raises HiccupError for what another try may mend, BackendError for the rest."""
        started = time.monotonic()
        create = self._client.messages.with_streaming_response.create
        try:
            with create(**_fields(request, self.endpoint.model)) as response:
                body = read_body(response.iter_bytes(), self.endpoint, self.seconds, started)
        except (AnthropicError, httpx2.HTTPError) as error:
            raise fault_of(error, self.endpoint, self.seconds) from None
        return read_reply(body, self.endpoint, time.monotonic() - started)


def _fields(request: Request, model: str) -> dict[str, Any]:
    """Temperature 1 is what the models do; newer ones refuse the word."""
    messages = [{"role": "user", "content": request.prompt}]
    if request.begun:
        messages.append({"role": "assistant", "content": request.begun})
    asked = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": messages,
        "thinking": {"type": "disabled"},
    }
    if request.temperature != 1:
        asked["extra_body"] = {"temperature": request.temperature}
    return asked


def read_reply(body: bytes, endpoint: Endpoint, seconds: float = 0.0) -> Reply:
    """The answer in a body. Raises HiccupError for what is none."""
    said = read_json(body, endpoint)
    blocks = said.get("content")
    if not isinstance(blocks, list):
        raise HiccupError(f"{endpoint.host} answers with JSON that has no content")
    spoken = [b for b in blocks if isinstance(b, dict) and b.get("type") == "text"]
    texts = [block["text"] for block in spoken if isinstance(block.get("text"), str)]
    if len(texts) < len(spoken):
        raise HiccupError(f"{endpoint.host} answers with content that has no text")
    choice = choice_of("".join(texts), said.get("stop_reason") == "end_turn")
    known = counts_of(said.get("usage"), "input_tokens", "output_tokens")
    tokens = (known[0], known[1]) if len(known) == 2 else None
    return Reply((choice,), plain(str(said.get("model") or ""), 80), tokens, seconds)
