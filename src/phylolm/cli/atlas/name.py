"""phylolm atlas name: what a model's id says."""

from __future__ import annotations

from typing import Annotated

import typer

from phylolm.cli.console import emit, printable, table
from phylolm.cli.options import JsonOption
from phylolm.errors import ConfigError


def name(
    models: Annotated[list[str], typer.Argument(help="Model ids.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """What does a model's id say? Family, size, stage, quantisation and more.

    It reads the name only, and names can be wrong: see `phylolm atlas audit`.

    Example: phylolm atlas name TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ
    """
    import json

    from phylolm.atlas.names import parse_name

    if any(not model.strip() for model in models):
        raise ConfigError("an empty id says nothing: write AUTHOR/NAME")
    parsed = {model: {**vars(found := parse_name(model)), "kind": found.kind} for model in models}
    if as_json:
        emit(json.dumps(parsed, indent=2, ensure_ascii=False), None)
        return
    for model, fields in parsed.items():
        rows = [[field, _shown(value)] for field, value in fields.items() if value]
        table(["field", "value"], rows, title=printable(model))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
