"""phylolm serve: the page from a server on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from phylolm.cli.console import note
from phylolm.cli.options import with_options
from phylolm.cli.page_source import PageSource, PathArgument


@with_options(PageSource)
def serve(
    chosen: PageSource,
    context: typer.Context,
    path: PathArgument = None,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on; the default is this machine only."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")
    ] = 8765,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """How do I explore results in a browser? Serves the page from this machine; Ctrl-C ends it.

    It has no password: do not put it on a public address. To send a page use `phylolm export`.

    Example: phylolm serve study.toml
    """
    from phylolm.page.assets import asset
    from phylolm.page.server import Site, listen, run_server

    asset("page.js")  # before any work
    with listen(host, port) as socket:
        site = Site.of(chosen.opened(path, context), chosen.title)
        address = f"http://{_shown_host(host)}:{socket.getsockname()[1]}/"
        note(f"{address}  (Ctrl-C ends it)")
        run_server(site, host, socket, address if browser else "")
    note("ended")


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1", "": "127.0.0.1"}.get(host, host)
