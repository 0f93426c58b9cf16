"""Servers: where they are, and which variable holds their key.

Here: the table, and `endpoint_of`, which turns a spec into an address. Next door: `openai_api`
talks to endpoints in OpenAI's protocol, `anthropic_api` and `google_api` in their own; `model` is
the backend.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from phylolm.errors import BackendError, ConfigError
from phylolm.models.budget import known_rates
from phylolm.models.protocol import ModelSpec


@dataclass(frozen=True)
class Provider:
    """One row of the table.

    key_env: the environment variable of its key; "" if it needs none.
    most_choices: answers it gives in one call at most, as far as known; 1 if it ignores `n`.
    limit: what it calls the limit of tokens in chats.
    lacks: what its protocol has no word for; see `Endpoint`.
    other_env: another variable where the key may be.
    """

    url: str
    key_env: str = ""
    most_choices: int = 1
    limit: str = "max_tokens"
    lacks: frozenset[str] = frozenset({"prefill"})
    other_env: str = ""


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY", 32, "max_completion_tokens"),
    "ollama": Provider("http://127.0.0.1:11434/v1"),
    "lmstudio": Provider("http://127.0.0.1:1234/v1"),
    "together": Provider("https://api.together.xyz/v1", "TOGETHER_API_KEY", 32),
    "openrouter": Provider("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "deepseek": Provider("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "groq": Provider("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": Provider("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "fireworks": Provider("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", 32),
    "xai": Provider("https://api.x.ai/v1", "XAI_API_KEY", 32),
    "anthropic": Provider(
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        lacks=frozenset({"completions", "seed", "logprobs"}),
    ),
    "google": Provider(
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        8,
        lacks=frozenset({"completions", "logprobs", "prefill"}),
        other_env="GOOGLE_API_KEY",
    ),
}

ANY_SERVER_KEY = "PHYLOLM_API_KEY"
"""The key of an http(s) address, unless the spec says key_env=… No provider's own key is sent
there."""

MOST_CHOICES = 32
"""Answers asked for in one call where nothing is known; who gives fewer is asked again."""

_TEXT_MODELS = re.compile(r"(babbage|davinci)-002|.*-instruct(-\d+)?|ft:(babbage|davinci)-002:.*")
"""OpenAI's models that complete texts."""


@dataclass(frozen=True)
class Endpoint:
    """Where one model is asked. The key is never shown, stored or logged.

    most_choices: answers of one call at most; sure: whether that is known.
    lacks: what can't be asked for there: "completions", "seed", "logprobs", or "prefill" (an
        answer that begins as it is told).
    needs_key: whether nothing can be asked without one.
    rate: calls a minute at most; None if no limit is known.
    """

    url: str
    model: str
    chat: bool
    key_env: str
    key: str = field(repr=False)
    most_choices: int = MOST_CHOICES
    sure: bool = False
    limit: str = "max_tokens"
    lacks: frozenset[str] = frozenset({"prefill"})
    needs_key: bool = False
    rate: float | None = None

    def check_key(self, name: str) -> None:
        """Raises BackendError if a key is needed and not set."""
        if self.needs_key and not self.key:
            raise BackendError(f"{name}: set the environment variable {self.key_env} to your key")

    @property
    def local(self) -> bool:
        """Whether it runs on this machine, and costs nothing."""
        name = self.host.rpartition(":")[0] or self.host
        return name in ("127.0.0.1", "localhost", "[::1]")

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return self.url.partition("//")[2].partition("/")[0]

    @property
    def revision(self) -> str:
        """A server names no commit: which model it is, is its address."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]


def endpoint_of(spec: ModelSpec) -> Endpoint:
    """Where the model of a spec is asked. Whether its key is set is looked at when it is asked."""
    rate = float(spec.options["rpm"]) if "rpm" in spec.options else None
    wanted = spec.options.get("endpoint")
    provider = PROVIDERS.get(spec.backend)
    if provider is None:
        address, _, model = spec.target.partition("#")
        _check_port(spec, f"{spec.backend}:{address}")
        key_env = spec.options.get("key_env", ANY_SERVER_KEY)
        url = f"{spec.backend}:{address.rstrip('/')}"
        needed = "key_env" in spec.options
        chat = wanted == "chat"
        return Endpoint(url, model, chat, key_env, _key(key_env), needs_key=needed, rate=rate)
    texts = spec.backend == "openai" and _TEXT_MODELS.fullmatch(spec.target)
    chat = wanted == "chat" or (wanted is None and not texts)
    other = provider.other_env
    key_env = other if other and os.environ.get(other, "").strip() else provider.key_env
    return Endpoint(
        provider.url,
        spec.target,
        chat,
        key_env,
        key=_key(key_env),
        most_choices=provider.most_choices,
        sure=True,
        limit=provider.limit if chat else "max_tokens",
        lacks=provider.lacks,
        needs_key=bool(key_env),
        rate=known_rates().get(spec.backend) if rate is None else rate,
    )


def _check_port(spec: ModelSpec, url: str) -> None:
    try:
        urlsplit(url).port  # noqa: B018
    except ValueError as error:
        raise ConfigError(f"{spec.text}: no address of a server: {error}") from None


def _key(variable: str) -> str:
    return os.environ.get(variable, "").strip() if variable else ""
