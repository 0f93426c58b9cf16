"""New models of the hub that join a study by themselves.

Here: what to look for (`WatchQuery`), finding it (`find_new`), and noting it in a file beside the
study (`add_watched`), which `config` reads as part of the study.

    author=EleutherAI tag=en min_downloads=1000 max_size=2GB most=3 pythia

Only transformers models for text generation that anyone may load are taken; a model is pinned to
the commit it had when it was found.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phylolm.errors import BackendError, ConfigError
from phylolm.files import read_text, write_text
from phylolm.study.config import Study, watched_path

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

_KEYS = ("author", "tag", "not", "min_downloads", "max_size", "most")
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BITS = {"F64": 64, "I64": 64, "F32": 32, "I32": 32, "F16": 16, "BF16": 16, "I16": 16}
_LOOKED_AT = 1000
"""Most models of the hub that one look goes through, those downloaded most first."""

_EXPAND = ["downloads", "safetensors", "gated", "private", "disabled", "sha", "usedStorage"]
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class WatchQuery:
    """Which models of the hub to take.

    search: words in the name. excluded: ids never to take. max_size: of the weights, in bytes.
    most: new models that one run may add.
    """

    author: str = ""
    tags: tuple[str, ...] = ()
    search: str = ""
    excluded: frozenset[str] = frozenset()
    min_downloads: int = 0
    max_size: int | None = None
    most: int = 5

    @classmethod
    def parse(cls, text: str) -> WatchQuery:
        """A query from words and key=value pairs. Raises ConfigError for what can't be meant."""
        pairs = [(key, value) for key, equals, value in map(_partition, text.split()) if equals]
        for key, _ in pairs:
            if key not in _KEYS:
                raise ConfigError(f"--watch-hub: no {key}= (known: {', '.join(_KEYS)})")
        last = dict(pairs)
        found = cls(
            author=last.get("author", ""),
            tags=tuple(value for key, value in pairs if key == "tag"),
            search=" ".join(word for word in text.split() if "=" not in word),
            excluded=frozenset(value for key, value in pairs if key == "not"),
            min_downloads=_number("min_downloads", last.get("min_downloads", "0")),
            max_size=_number("max_size", last["max_size"]) if "max_size" in last else None,
            most=_number("most", last.get("most", "5")),
        )
        if not (found.author or found.tags or found.search):
            raise ConfigError("--watch-hub: say what to look for: author=…, tag=…, or a word")
        return found


@dataclass(frozen=True)
class Found:
    """A model of the hub that matches. size: bytes of its weights, None when unknown."""

    id: str
    commit: str
    downloads: int
    size: int | None


def find_new(study: Study, query: WatchQuery) -> list[Found]:
    """The models that match and are not in the study, those downloaded most first.

    Raises BackendError when the hub can't be asked.
    """
    known = {spec.target for spec in study.specs() if spec.backend == "hf"} | query.excluded
    new: list[Found] = []
    for found in _matches(_ask(query), query):
        if len(new) >= query.most:
            break
        if found.id not in known:
            new.append(found)
    return new


def add_watched(study: Study, new: Sequence[Found], query: str, today: datetime.date) -> None:
    """Put models into the file of watched models beside a study."""
    path = watched_path(study.path)
    text = read_text(path) if path.exists() else f"# Models that joined {study.path.name}.\n"
    for found in new:
        note = f"joined {today.isoformat()}, found by: {query}"
        text += (
            f"\n[[models]]\nspec = {_quoted(f'hf:{found.id}@{found.commit}')}\n"
            f"name = {_quoted(found.id)}\nfamily = {_quoted(found.id.partition('/')[0])}\n"
            f"notes = {_quoted(note)}\n"
        )
    if new:
        write_text(path, text)


def _ask(query: WatchQuery) -> Iterator[ModelInfo]:
    from huggingface_hub import HfApi

    asked: Any = {
        "author": query.author or None,
        "filter": ["transformers", *query.tags],
        "search": query.search or None,
        "pipeline_tag": "text-generation",
        "sort": "downloads",
        "limit": _LOOKED_AT,
        "expand": _EXPAND,
    }
    try:
        yield from HfApi().list_models(**asked)
    except Exception as error:  # offline, refused or broken in one of many ways
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise BackendError(f"--watch-hub: the hub can't be asked ({reason})") from None


def _matches(models: Iterable[ModelInfo], query: WatchQuery) -> Iterator[Found]:
    for model in models:
        plain = _PLAIN_ID.fullmatch(model.id) and _COMMIT.fullmatch(model.sha or "")
        if not plain or model.gated or model.private or model.disabled:
            continue
        found = Found(model.id, str(model.sha), model.downloads or 0, _size(model))
        too_big = query.max_size is not None and (found.size is None or found.size > query.max_size)
        if found.downloads >= query.min_downloads and not too_big:
            yield found


def _size(model: ModelInfo) -> int | None:
    """Bytes of the weights, or of all that was ever stored, which is no less."""
    if model.safetensors and model.safetensors.parameters:
        counts = model.safetensors.parameters.items()
        return sum(count * _BITS.get(kind, 8) // 8 for kind, count in counts)
    return model.used_storage


def _partition(word: str) -> tuple[str, str, str]:
    return word.partition("=")


def _number(key: str, text: str) -> int:
    """A number as people write it: 1000, 2GB, 500M."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)B?", text, re.IGNORECASE | re.ASCII)
    if not match:
        raise ConfigError(f"--watch-hub: {key}={text} is no number (write 1000, 500M, 2GB)")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _quoted(text: str) -> str:
    """A TOML string; JSON's rules are TOML's but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
