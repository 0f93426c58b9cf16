"""Snapshots of a hub's catalogue: fetched page by page, resumable, and compared.

Here: `fetch` and `difference`. Next door: `catalogue` reads what is fetched. Requests go through
huggingface_hub's session, so proxies and tokens work as everywhere else.

While a fetch runs, its pages lie in FOLDER/.fetching-QUERY with the address of the next one; the
same command goes on from there. Only a whole snapshot gets a name of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd

from phylolm.atlas.catalogue import Catalogue
from phylolm.atlas.columns import FIELDS, typed
from phylolm.errors import BackendError, DataError
from phylolm.files import write_text

PAGE = 1000
"""Models asked for at a time."""

_EXPAND = (
    "downloads", "likes", "createdAt", "pipeline_tag", "library_name", "tags", "safetensors",
    "config",
)  # fmt: skip
_RETRIES = 6
_NOT_NOW = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Query:
    """What to fetch; "" and 0 let all through.

    task, author, tag, search: as the hub filters. min_downloads, since (YYYY-MM-DD, created):
    filtered here, the hub's order making an early end possible. limit: models at most.
    """

    task: str = ""
    author: str = ""
    tag: str = ""
    search: str = ""
    min_downloads: int = 0
    since: str = ""
    limit: int = 0

    @property
    def id(self) -> str:
        """Ten hex digits that tell queries apart."""
        content = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:10]

    def address(self, endpoint: str) -> str:
        """The address of the first page."""
        order = "createdAt" if self.since and not self.min_downloads else "downloads"
        given = {
            "pipeline_tag": self.task, "author": self.author, "filter": self.tag,
            "search": self.search, "sort": order, "direction": "-1", "limit": str(PAGE),
        }  # fmt: skip
        asked = [(key, value) for key, value in given.items() if value]
        asked += [("expand[]", name) for name in _EXPAND]
        return f"{endpoint.rstrip('/')}/api/models?{urlencode(asked)}"

    def wants(self, model: Mapping[str, Any]) -> bool:
        """Whether a model passes the filters of our own."""
        created = str(model.get("createdAt") or "")
        return (model.get("downloads") or 0) >= self.min_downloads and (
            not self.since or created >= self.since
        )

    def is_over(self, page: list[Mapping[str, Any]]) -> bool:
        """Whether no later page can hold a wanted model."""
        if not page:
            return True
        last = page[-1]
        if self.min_downloads:
            return (last.get("downloads") or 0) < self.min_downloads
        return bool(self.since) and str(last.get("createdAt") or "") < self.since


def fetch(
    folder: Path,
    query: Query | None = None,
    endpoint: str = "",
    pause: float = 0.5,
    tell: Callable[[int], None] = lambda models: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch a catalogue into FOLDER/models-DATE-QUERY.parquet; goes on where one was left.

    endpoint: the hub's address, default huggingface_hub's. pause: seconds between requests.
    tell: called with the number of models so far.

    Raises:
        BackendError: the hub refuses, or can't be reached after several tries; pages are kept.
        DataError: the hub sends no list of models, or nothing passes the filters.
    """
    from huggingface_hub import constants

    query = query or Query()
    endpoint = endpoint or constants.ENDPOINT
    partial = folder / f".fetching-{query.id}"
    state = _state(partial, query.address(endpoint))
    while state["next"]:
        if state["pages"]:
            sleep(pause)
        page, following = _page(state["next"], endpoint, sleep)
        write_text(partial / f"{state['pages']:06}.json", json.dumps(page))
        state["pages"] += 1
        state["models"] += sum(map(query.wants, page))
        full = bool(query.limit) and state["models"] >= query.limit
        state["next"] = "" if full or query.is_over(page) else following
        write_text(partial / "state.json", json.dumps(state))
        tell(state["models"])
    date = state["started"][:10]
    path = folder / f"models-{date}-{query.id}.parquet"
    _gathered(partial, query, date).save(path)
    write_text(path.with_suffix(".json"), json.dumps(
        {"query": asdict(query), "endpoint": endpoint, **state}, indent=2))  # fmt: skip
    shutil.rmtree(partial)
    return path


def _state(partial: Path, first: str) -> dict[str, Any]:
    try:
        state = json.loads((partial / "state.json").read_text(encoding="utf-8"))
        return {"next": str(state["next"]), **state}
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, OSError):
        shutil.rmtree(partial)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"next": first, "pages": 0, "models": 0, "started": now}


def _page(address: str, endpoint: str, sleep: Callable[[float], None]) -> tuple[Any, str]:
    """One page, and the address of the next ("" at the end); waits and retries when told to."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    reason, headers = "", build_hf_headers()
    for attempt in range(_RETRIES):
        try:
            answer = get_session().get(address, headers=headers, timeout=60)
        except Exception as error:  # the session's library has its own tree of errors
            reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            sleep(2.0**attempt)
            continue
        if answer.status_code in _NOT_NOW:
            reason = f"status {answer.status_code}"
            sleep(_wait(answer.headers, attempt))
            continue
        if answer.status_code != 200:
            raise BackendError(f"{endpoint} refuses the catalogue: status {answer.status_code}")
        return _content(answer, endpoint), _following(answer.headers.get("link", ""), endpoint)
    raise BackendError(
        f"{endpoint} doesn't answer ({reason}); what was fetched is kept, the same command goes on"
    )


def _wait(headers: Mapping[str, str], attempt: int) -> float:
    try:
        return min(max(float(headers.get("retry-after", "")), 0.0), 300.0)
    except ValueError:
        return 2.0**attempt


def _content(answer: Any, endpoint: str) -> list[dict[str, Any]]:
    try:
        page = answer.json()
    except ValueError:
        raise DataError(f"{endpoint} sends something that is no JSON") from None
    if not isinstance(page, list) or not all(isinstance(model, dict) for model in page):
        raise DataError(f"{endpoint} sends no list of models")
    return page


def _following(link: str, endpoint: str) -> str:
    """The address marked rel="next", which must be the same hub's: a token goes with it."""
    for part in link.split(","):
        address, _, rel = part.partition(";")
        if 'rel="next"' in rel.replace(" ", ""):
            found = address.strip().strip("<>")
            if urlsplit(found)[:2] != urlsplit(endpoint)[:2]:
                raise BackendError(f"{endpoint} sends on to another host; not followed")
            return found
    return ""


def _gathered(partial: Path, query: Query, date: str) -> Catalogue:
    rows = []
    for page in sorted(partial.glob("[0-9]*.json")):
        rows += [_row(m) for m in json.loads(page.read_text(encoding="utf-8")) if query.wants(m)]
    if not rows:
        raise DataError("the hub has no model that passes these filters")
    raw = pd.DataFrame(rows[: query.limit or None])
    made = typed(raw, as_of=date, where="the hub's answer")
    return Catalogue(made.table[list(FIELDS)], query.id, {}, tuple(made.notes), tuple(made.unread))


def _row(model: Mapping[str, Any]) -> dict[str, Any]:
    """The flat row of one model of the hub's answer."""
    config, weights = model.get("config"), model.get("safetensors")
    return {
        "id": str(model.get("id") or model.get("modelId") or ""),
        "downloads": model.get("downloads"),
        "likes": model.get("likes"),
        "createdAt": str(model.get("createdAt") or ""),
        "pipeline_tag": str(model.get("pipeline_tag") or ""),
        "library": str(model.get("library_name") or ""),
        "tags": [str(tag) for tag in model.get("tags") or ()],
        "architecture": str(config.get("model_type") or "") if isinstance(config, dict) else "",
        "parameters": weights.get("total") if isinstance(weights, dict) else None,
    }


def difference(old: Catalogue, new: Catalogue) -> Iterator[tuple[str, str, str]]:
    """(what, model, how) for models that are new, gone or changed, in that order.

    Downloads and likes always move and are left out; a changed field is said with both values.
    """
    before, after = old.models.set_index("id"), new.models.set_index("id")
    yield from (("new", str(model), "") for model in after.index.difference(before.index))
    yield from (("gone", str(model), "") for model in before.index.difference(after.index))
    both = before.index.intersection(after.index, sort=False)
    before, after = before.loc[both], after.loc[both]
    for field in ("licence", "task", "architecture", "parameters", "base_models", "base_relations"):
        a, b = (table[field].astype("str").fillna("") for table in (before, after))
        for model in both[(a != b).to_numpy()]:
            yield "changed", str(model), f"{field}: {a[model] or '-'} -> {b[model] or '-'}"
