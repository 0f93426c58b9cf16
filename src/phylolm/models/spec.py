"""Model specs: one line of text that says which model to sample, and how to reach it.

    [NAME=]backend:rest      hf:EleutherAI/pythia-70m@step1000?dtype=bfloat16
                             vllm:EleutherAI/pythia-70m?tp=2
                             alder=hf:zoo/alder
                             replay:answers.parquet#model
                             openai:gpt-4o-mini    anthropic:NAME    google:NAME
                             http://127.0.0.1:8000/v1#name?endpoint=chat

Here: the grammar, the table of backends, and `open_model`. Next door: `protocol` says what a
backend offers; each backend has a file of its own, imported when it is first opened. Backends of
other packages are found by their entry points, in the group `phylolm.backends`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import cast

from phylolm.errors import BackendError, ConfigError
from phylolm.models.protocol import Backend, ModelSpec
from phylolm.models.servers.providers import PROVIDERS


@dataclass(frozen=True)
class BackendKind:
    """One row of the table: where a backend is opened, and what its specs may say.

    opener: "module:function", imported only when used.
    options: the known `?key=value` options and the pattern a value must match.
    extra: the packages its opener imports, and the extra that installs them.
    foreign: whether it comes from another package.
    """

    opener: str
    options: Mapping[str, str] = field(default_factory=dict)
    has_revision: bool = False
    requires: tuple[str, ...] = ()
    extra: str = ""
    foreign: bool = False


_RATE = {"rpm": r"[1-9]\d{0,5}"}
"""Calls a minute at most."""

_ENDPOINTS = {"endpoint": "chat|completions", **_RATE}
_SERVER = BackendKind(
    "phylolm.models.servers.model:open_model",
    options=_ENDPOINTS,
    requires=("openai", "httpx2"),
    extra="api",
)
_ADDRESS = replace(_SERVER, options={**_ENDPOINTS, "key_env": r"[A-Za-z_]\w*"})

BACKENDS: Mapping[str, BackendKind] = {
    "hf": BackendKind(
        "phylolm.models.local.hf:open_model",
        options={
            "dtype": "auto|float32|bfloat16|float16",
            "device": r"auto|cpu|mps|cuda|cuda:\d+",
            "trust_remote_code": "true|false",
        },
        has_revision=True,
        requires=("torch", "transformers", "tokenizers", "accelerate"),
        extra="hf",
    ),
    "replay": BackendKind("phylolm.models.replay:open_model"),
    "vllm": BackendKind(
        "phylolm.models.local.vllm:open_model",
        options={
            "dtype": "auto|float32|bfloat16|float16",
            "tp": "1|2|4|8|16",
            "trust_remote_code": "true|false",
        },
        has_revision=True,
        requires=("vllm",),
        extra="vllm",
    ),
    "http": _ADDRESS,
    "https": _ADDRESS,
    **dict.fromkeys(PROVIDERS, _SERVER),
    "anthropic": BackendKind(
        "phylolm.models.servers.anthropic_api:open_model",
        options=_RATE,
        requires=("anthropic", *_SERVER.requires),
        extra="api",
    ),
    "google": BackendKind(
        "phylolm.models.servers.google_api:open_model",
        options={"thinking": "off|minimal", **_RATE},
        requires=("google", *_SERVER.requires),
        extra="api",
    ),
}
GROUP = "phylolm.backends"
"""Entry points of other packages' backends: NAME = "module:function", a function from ModelSpec to
Backend."""

LOCAL_BACKENDS = ("hf", "replay", "vllm")


def parse(text: str) -> ModelSpec:
    """Read one model spec.

    Raises ConfigError for an unknown backend or option, or a spec without a target.

    >>> parse("hf:EleutherAI/pythia-70m@step1000").name
    'EleutherAI/pythia-70m@step1000'
    """
    given_name, body = _split_name(text)
    backend, kind, rest = _split_backend(text, body)
    rest, options = _split_options(text, kind, rest)
    if kind is _ADDRESS:
        _check_address(text, rest)
    target, revision = _split_revision(kind, rest)
    if not target:
        raise ConfigError(f"model spec {text!r} names no model after {backend + ':'!r}")
    name = given_name or _default_name(backend, target, revision)
    return ModelSpec(backend, target, revision, options, name, text)


def looks_like_spec(text: str) -> bool:
    """Whether a text is meant as a model spec, not as a model's bare name.

    >>> looks_like_spec("hf:gpt2"), looks_like_spec("gpt2")
    (True, False)
    """
    head, colon, _ = text.partition(":")
    return bool(colon) and find_backend(head.rpartition("=")[2]) is not None


def open_model(spec: ModelSpec | str) -> Backend:
    """Open the backend a spec names.

    Raises ConfigError for a bad spec, BackendError if the model can't be loaded or a package
    it needs is not installed.
    """
    parsed = parse(spec) if isinstance(spec, str) else spec
    kind = find_backend(parsed.backend)
    assert kind is not None, "parsing finds it first"
    return _opener(kind, parsed)(parsed)


def find_backend(name: str) -> BackendKind | None:
    """A backend of ours, or of another installed package; ours can't be replaced."""
    if name in BACKENDS:
        return BACKENDS[name]
    for entry in metadata.entry_points(group=GROUP, name=name):
        return BackendKind(entry.value, foreign=True)
    return None


def is_local(target: str) -> bool:
    """Whether an `hf:` target means a folder on this machine, not an id on the hub."""
    return (
        target.startswith(("/", "./", "../", "~"))
        or target in (".", "..")
        or (Path(target).is_dir())
    )


def _check_address(text: str, rest: str) -> None:
    """//HOST/PATH#MODEL. What stands in a spec is kept in banks: no key may."""
    address, _, model = rest.partition("#")
    if "@" in address:
        raise ConfigError(
            "a model spec with a user or key in its address would be kept in the bank: "
            "put the key in an environment variable and add ?key_env=VARIABLE"
        )
    if not address.removeprefix("//") or not address.startswith("//") or not model:
        raise ConfigError(
            f"model spec {text!r} names no model: write http://HOST:PORT/v1#MODEL "
            "(quote it: # starts a comment in shells)"
        )


def _split_name(text: str) -> tuple[str, str]:
    """NAME= counts only before the first colon; later '=' belong to the options."""
    head = text.partition(":")[0]
    if "=" not in head:
        return "", text
    name, _, body = text.partition("=")
    if not name.strip():
        raise ConfigError(f"model spec {text!r} has an empty name before '='")
    return name.strip(), body


def _split_backend(text: str, body: str) -> tuple[str, BackendKind, str]:
    backend, colon, rest = body.partition(":")
    foreign = (entry.name for entry in metadata.entry_points(group=GROUP))
    known = ", ".join(dict.fromkeys([*BACKENDS, *foreign]))
    if not colon:
        raise ConfigError(f"model spec {text!r} names no backend; write hf:{body} (known: {known})")
    kind = find_backend(backend)
    if kind is None:
        raise ConfigError(f"model spec {text!r}: unknown backend {backend!r} (known: {known})")
    return backend, kind, rest


def _split_options(text: str, kind: BackendKind, rest: str) -> tuple[str, dict[str, str]]:
    if not kind.options:
        return rest, {}
    target, _, query = rest.partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    options = {key: value for key, _, value in pairs}
    for key, value in options.items():
        _check_option(text, kind, key, value)
    return target, options


def _check_option(text: str, kind: BackendKind, key: str, value: str) -> None:
    pattern = kind.options.get(key)
    if pattern is None:
        known = ", ".join(kind.options)
        raise ConfigError(f"model spec {text!r}: unknown option {key!r} (known: {known})")
    if key == "key_env" and not re.fullmatch(pattern, value):
        raise ConfigError(
            "key_env is the name of an environment variable, such as MY_KEY: the key itself would "
            "be kept in the bank"
        )
    if not re.fullmatch(pattern, value):
        allowed = pattern.replace(r"\d+", "N").replace("|", ", ")
        raise ConfigError(f"model spec {text!r}: {key}={value!r} is not one of {allowed}")


def _split_revision(kind: BackendKind, rest: str) -> tuple[str, str | None]:
    """`@` starts a revision, unless the whole is a folder whose name has an '@' in it."""
    if not kind.has_revision or is_local(rest):
        return rest, None
    target, _, revision = rest.partition("@")
    return target, revision or None


def _default_name(backend: str, target: str, revision: str | None) -> str:
    if backend == "replay":
        return target.partition("#")[2] or Path(target).stem
    if backend in ("http", "https"):
        return target.partition("#")[2]
    if backend in ("hf", "vllm") and is_local(target):
        return Path(target).expanduser().resolve().name
    return f"{target}@{revision}" if revision else target


def _opener(kind: BackendKind, spec: ModelSpec) -> Callable[[ModelSpec], Backend]:
    module, _, function = kind.opener.partition(":")
    try:
        opener = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        if kind.foreign:
            raise BackendError(
                f"{spec.backend}: the backend {kind.opener} is broken: {error}"
            ) from None
        if (getattr(error, "name", None) or "").partition(".")[0] not in kind.requires:
            raise
        raise BackendError(
            f"{spec.backend}: models need the package {error.name}; "
            f"install it with: pip install 'phylolm[{kind.extra}]'"
        ) from None
    return cast(Callable[[ModelSpec], Backend], opener)
