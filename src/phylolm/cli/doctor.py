"""phylolm doctor: does a server do what it is asked?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from phylolm.cli.console import emit, note, printable, table
from phylolm.cli.options import JsonOption
from phylolm.errors import ConfigError


def doctor(
    model: Annotated[
        str, typer.Argument(help="A served model: http://…#NAME, openai:NAME, ollama:NAME, …")
    ],
    prompt_mode: Annotated[
        str,
        typer.Option(
            "--prompt-mode",
            help="For chat models: continue, bare, prefill, or 'template:… {gene} …'.",
        ),
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Does a server do what it is asked? About 25 small API requests test it.

    Checked: sampling, temperature, token limit, several answers per request, seed,
    log-probabilities, speed. Exit code 4 if the answers cannot be used. Local models (hf:) need
    no check.

    Example: phylolm doctor openai:gpt-4o-mini
    """
    from phylolm.models.protocol import SamplingSettings
    from phylolm.models.servers import doctor as checks
    from phylolm.models.spec import LOCAL_BACKENDS, open_model, parse

    spec = parse(model)
    local = ConfigError(f"{model}: only servers are examined, as in openai:NAME or http://…#NAME")
    if spec.backend in LOCAL_BACKENDS:
        raise local
    opened = open_model(spec)
    from phylolm.models.servers.model import ServerModel

    if not isinstance(opened, ServerModel):
        raise local
    diagnosis = opened.server.examine(
        opened.settle(SamplingSettings(prompt_mode=prompt_mode)), True
    )
    if as_json:
        emit(json.dumps(diagnosis.to_dict(), indent=2, ensure_ascii=False), None)
    else:
        rows = [[check.name, check.result, check.note] for check in diagnosis.checks]
        table(["check", "result", ""], rows)
        typer.echo(printable(f"{diagnosis.model} says it is {diagnosis.served or 'nothing'}"))
        note(f"{diagnosis.calls} calls")
    checks.refuse(diagnosis)
