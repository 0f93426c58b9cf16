"""phylolm init: a commented study.toml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import note
from phylolm.errors import ConfigError


def init(
    path: Annotated[Path, typer.Argument(help="File to write.")] = Path("study.toml"),
) -> None:
    """Write a commented study.toml; `phylolm run` carries it out."""
    from phylolm.files import write_text
    from phylolm.study.config import template

    if path.exists():
        raise ConfigError(f"{path} is there already; name another file")
    write_text(path, template())
    note(f"wrote {path}: name your models in it, then `phylolm run {path}`")
