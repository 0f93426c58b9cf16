"""phylolm import: recorded completions into a bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import bars, note, warn


def import_(
    file: Annotated[
        Path, typer.Argument(help=".parquet, .csv or .jsonl: model, prompt, response[, probe].")
    ],
    bank: Annotated[Path, typer.Option("--bank", "-b", help="Bank to fill (made if new).")],
    prompts: Annotated[
        Path | None, typer.Option("--prompts", help="Prompt texts: columns prompt, text.")
    ] = None,
) -> None:
    """Import recorded completions. Unusable rows are counted and named, never dropped silently."""
    from phylolm.bank.bank import Bank
    from phylolm.models.replay import read_completions
    from phylolm.sequencing.imported import record

    recorded = read_completions(file, prompts)
    for line in recorded.report():
        warn(line)
    with bars() as shown:
        genome = record(Bank(bank), recorded, shown)
    note(
        f"{len(recorded.table):,} completions of {len(recorded.models):,} models at "
        f"{len(genome)} genes in {bank}"
    )
