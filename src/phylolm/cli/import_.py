"""phylolm import: recorded completions into a bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import bars, note, warn
from phylolm.cli.options import NewBankOption


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="Table (.parquet .csv .jsonl): model, prompt, response, probe (optional)."
        ),
    ],
    bank: NewBankOption,
    prompts: Annotated[
        Path | None,
        typer.Option("--prompts", help="Texts of the prompts: columns prompt, text."),
    ] = None,
) -> None:
    """How do I use completions I already have? Adds them to a bank.

    Rows that cannot be used are counted and named. Recorded completions and newly sampled ones
    cannot be compared with each other: the sampling settings differ.

    Example: phylolm import answers.parquet --prompts prompts.csv --bank bank
    """
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
