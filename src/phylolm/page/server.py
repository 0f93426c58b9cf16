"""The page from a server on this machine: read-only, for this machine's browser alone.

Here: `Site` (what is served), `application` (the routes), `listen` and `run_server`. Next door:
`ofstudy` and `ofatlas` make the bundle, `html` the file that needs no server.

    /  /page.js  /page.css        the page
    /api/bundle                   its data
    /api/search?q=&limit=         atlases only: {"models": [{"index", "name", "score"}]}, best first
    /api/names?models=1,2,3       atlases only: {"names": [...]} of up to 200 places, in that order
    /api/model/INDEX              atlases only: {"index", "name", "columns": [{name, label, value}]}

A page of another site must not read what is served here. Browsers keep it from that unless its
name can be made to mean this machine (DNS rebinding), so requests for other hosts are refused.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import ipaddress
import math
import os
import socket as sockets
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from phylolm.atlas.atlas_folder import Atlas
from phylolm.errors import ConfigError
from phylolm.page import page_data
from phylolm.page.assets import asset
from phylolm.page.bundle import unpack, zipped
from phylolm.page.html import NOSCRIPT, title_of
from phylolm.page.metadata import DATE, Field
from phylolm.page.ofatlas import ShownAtlas
from phylolm.report.html import text

if TYPE_CHECKING:
    from phylolm.atlas.search import SearchIndex
    from phylolm.page.ofstudy import Shown

MOST_FOUND = 200
MOST_ASKED = 200
_DIGITS = 9
LONGEST_QUERY = 300
_FACTS = ("owner", "family", "size", "parameters", "kind", "task", "licence", "created",
          "downloads", "likes")  # fmt: skip

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="page.css">
<link rel="icon" href="data:,">
<script type="module" src="page.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>{noscript}</noscript>
</body>
</html>
"""


@dataclass(frozen=True)
class Site:
    """What is served: a bundle (zipped), and the atlas it is of, if it is of one.

    given: further columns of the atlas's models.
    """

    title: str
    zipped: bytes
    named: bool = True
    atlas: Atlas | None = None
    given: Sequence[Field] = ()
    _making: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, shown: Shown | ShownAtlas | Atlas, title: str = "") -> Site:
        shown = ShownAtlas(shown) if isinstance(shown, Atlas) else shown
        data = page_data(shown, title)
        level = 9 if len(data) < 20_000_000 else 5
        content, _ = unpack(data)
        named = content["models"]["names"] is not None
        site = cls(content["title"], zipped(data, level), named)
        if isinstance(shown, ShownAtlas):
            return replace(site, atlas=shown.atlas, given=shown.given)
        return site

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.zipped).hexdigest()[:32]}"'

    def index(self) -> SearchIndex:
        """Of an atlas's names; made when first asked for, once."""
        with self._making:
            return self._index

    @cached_property
    def _index(self) -> SearchIndex:
        from phylolm.atlas.search_index import folder_index

        assert self.atlas is not None
        return folder_index(self.atlas.folder)

    def facts(self, place: int) -> list[dict[str, object]]:
        """What is known of an atlas's model, as JSON."""
        assert self.atlas is not None
        row = self.atlas.models.iloc[place]
        known = [(name, _plain(row[name])) for name in _FACTS]
        for name, table in (
            ("cluster", self.atlas.clusters),
            ("community", self.atlas.communities),
        ):
            known.append((name, str(table["name"].iloc[int(row[name])])))
        facts = [(name, name, value) for name, value in known]
        facts += [(each.name, each.label, _given(each, place)) for each in self.given]
        return [{"name": n, "label": t, "value": v} for n, t, v in facts if v not in (None, "")]


def _given(column: Field, place: int) -> str | float | int | None:
    value = column.values[place]
    if column.kind == DATE and value == value:
        return str(np.datetime64(int(value), "D"))
    return _plain(value)


def _plain(value: Any) -> str | float | int | None:
    if value is None or value != value or str(value) in ("<NA>", "NaT"):
        return None
    if hasattr(value, "isoformat"):
        return str(value.date())
    if isinstance(value, str):
        return value
    number = float(value)
    return (int(number) if number.is_integer() else number) if math.isfinite(number) else None


def application(site: Site, host: str) -> Callable[..., Awaitable[None]]:
    """The server as an ASGI application. host: what it listens at."""

    async def page(request: Request) -> Response:
        return HTMLResponse(_INDEX.format(title=text(title_of(site.title)), noscript=NOSCRIPT))

    async def script(request: Request) -> Response:
        return Response(asset("page.js"), media_type="text/javascript")

    async def style(request: Request) -> Response:
        return Response(asset("page.css"), media_type="text/css")

    async def bundle(request: Request) -> Response:
        headers = {"ETag": site.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if site.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        media = "application/octet-stream"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(site.zipped, headers=headers, media_type=media)
        data = await run_in_threadpool(gzip.decompress, site.zipped)
        return Response(data, headers=headers, media_type=media)

    def find(query: str, most: int) -> list[dict[str, object]]:
        found = site.index().search(query, most=most)
        rows = zip(found.index.tolist(), found["id"], found["score"], strict=True)
        return [
            {"index": place, "name": name, "score": float(score)} for place, name, score in rows
        ]

    async def search(request: Request) -> Response:
        query, most = request.query_params.get("q", ""), request.query_params.get("limit", "20")
        if site.atlas is None:
            raise HTTPException(404, "nothing to search here: all names are in the bundle")
        if len(query) > LONGEST_QUERY:
            raise HTTPException(400, f"q: at most {LONGEST_QUERY} characters")
        if not (most.isascii() and most.isdecimal() and len(most) < 4 and 0 < int(most)):
            raise HTTPException(400, f"limit: 1 to {MOST_FOUND}")
        found = await run_in_threadpool(find, query, min(int(most), MOST_FOUND))
        return JSONResponse({"models": found})

    async def names(request: Request) -> Response:
        if site.atlas is None:
            raise HTTPException(404, "nothing to ask here: all names are in the bundle")
        ids = site.atlas.models["id"]
        asked = places(request.query_params.get("models", ""), len(ids))
        if asked is None:
            raise HTTPException(400, f"models: 1 to {MOST_ASKED} places below {len(ids)}, by comma")
        return JSONResponse({"names": [str(ids.iloc[place]) for place in asked]})

    async def model(request: Request) -> Response:
        place = request.path_params["index"]
        if site.atlas is None or place >= len(site.atlas.models):
            raise HTTPException(404, "no such model")
        name = str(site.atlas.models["id"].iloc[place])
        return JSONResponse({"index": place, "name": name, "columns": site.facts(place)})

    routes = [
        Route("/", page), Route("/page.js", script), Route("/page.css", style),
        Route("/api/bundle", bundle), Route("/api/search", search),
        Route("/api/names", names),
        Route("/api/model/{index:int}", model),
    ]  # fmt: skip
    return _guarded(Starlette(routes=routes), host)


def places(told: str, count: int) -> list[int] | None:
    """Places of models told as "1,2,3"; None where they aren't 1 to `MOST_ASKED` below `count`."""
    if len(told) > MOST_ASKED * (_DIGITS + 1):
        return None
    texts = told.split(",")
    if len(texts) > MOST_ASKED or not all(t.isascii() and t.isdecimal() for t in texts):
        return None
    found = [int(text) for text in texts]
    return found if max(found) < count else None


def _guarded(app: Callable[..., Awaitable[None]], host: str) -> Callable[..., Awaitable[None]]:
    """The application, for requests to this host alone, every answer with `_HEADERS`."""

    async def guard(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        asked = Headers(scope=scope).get("host", "")
        if not is_ours(asked, host):
            refusal = PlainTextResponse("not a name of this server", status_code=421)
            await refusal(scope, receive, send_guarded)
            return
        await app(scope, receive, send_guarded)

    return guard


def is_ours(asked: str, host: str) -> bool:
    """Whether a Host header means a server that listens at `host`.

    Names that somebody else could own are refused. Addresses can't be rebound; the loopback's are
    taken always, others where the server listens beyond this machine. The port is not compared: a
    forwarded one (ssh -L) has another number.
    """
    name = asked.rpartition(":")[0] if asked.rpartition(":")[2].isdecimal() else asked
    name = name.removeprefix("[").removesuffix("]").lower()
    if name in ("localhost", host.lower()) and name:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or not _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> sockets.socket:
    """A socket that listens already, so that a browser never comes too early.

    Raises ConfigError in one line for a port or an address that can't be had.
    """
    socket = None
    try:
        family, kind, protocol, _, address = sockets.getaddrinfo(
            host or None, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE
        )[0]
        socket = sockets.socket(family, kind, protocol)
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        socket.bind(address)
        socket.listen(1024)
    except OSError as error:
        if socket is not None:
            socket.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"port {port} is taken: choose another with --port") from None
        raise ConfigError(f"can't listen at {host}:{port}: {error.strerror or error}") from None
    return socket


def run_server(site: Site, host: str, socket: sockets.socket, open_at: str = "") -> None:
    """Serve until Ctrl-C. open_at: address to open in a browser, if there is one."""
    import uvicorn

    config = uvicorn.Config(
        application(site, host), log_level="warning", lifespan="off", ws="none",
        timeout_graceful_shutdown=2, server_header=False,
    )  # fmt: skip
    if open_at and _has_screen():
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(open_at,), daemon=True).start()
    if not site.named:  # the page will ask; millions of names take a minute
        threading.Thread(target=site.index, daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[socket])
    except KeyboardInterrupt:
        pass  # how a server ends


def _has_screen() -> bool:
    """Without one, a text browser would take over the terminal."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(each) for each in screens)
