"""phylolm export: the page in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import note
from phylolm.cli.options import with_options
from phylolm.cli.page_source import PageSource, PathArgument
from phylolm.errors import ConfigError


@with_options(PageSource)
def export(
    chosen: PageSource,
    context: typer.Context,
    path: PathArgument = None,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="html (one offline file) or space (a static Hugging Face Space)."
        ),
    ] = "html",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File (html) or folder (space) to write."),
    ] = None,
    push: Annotated[
        str,
        typer.Option(
            "--push", metavar="AUTHOR/NAME", help="Upload the Space to the Hugging Face hub."
        ),
    ] = "",
) -> None:
    """How do I give others the page to explore? As one file: tree, map, matrix, models; offline.

    For an atlas of more than 300,000 models use `phylolm serve`: one file would be too large.

    Example: phylolm export study.toml -o page.html
    """
    from phylolm.files import write_text
    from phylolm.page import page_data
    from phylolm.page.html import page_html
    from phylolm.page.space import push_space, write_space

    if to not in ("html", "space"):
        raise ConfigError(f"can't export to {to!r}: html or space")
    if push and to != "space":
        raise ConfigError("--push uploads a Space: add --to space")
    target = output or Path("page.html" if to == "html" else "space")
    if to == "html" and target.suffix not in (".html", ".htm"):
        raise ConfigError(f"can't write a page to {target.name}: use .html")
    data = page_data(chosen.opened(path, context), chosen.title)
    if to == "space":
        write_space(data, target)
        note(f"wrote {target}: README.md, index.html")
        if push:
            note(f"uploaded to {push_space(target, push)}")
        return
    content = page_html(data)
    write_text(target, content)
    note(f"wrote {target}: {_size(len(content.encode()))}; open it in a browser")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
