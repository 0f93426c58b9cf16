"""phylolm init: a commented study.toml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import note
from phylolm.errors import ConfigError


def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "study.toml"
    ),
) -> None:
    """How do I start a study? Writes a commented study.toml for `phylolm run`.

    For a single look at a few models, `phylolm sequence` and `phylolm tree` are enough.

    Example: phylolm init -o study.toml
    """
    from phylolm.files import write_text
    from phylolm.study.config import template

    if output.exists():
        raise ConfigError(f"{output} is there already; name another file")
    write_text(output, template())
    note(f"wrote {output}: name your models in it, then `phylolm run {output}`")
