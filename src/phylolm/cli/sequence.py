"""phylolm sequence: sample models into a bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import PARTIAL, bars, fail, note


def sequence(
    models: Annotated[
        list[str], typer.Argument(help="hf:FOLDER, hf:HUB/ID@REVISION?dtype=…, NAME=hf:…, replay:…")
    ],
    bank: Annotated[Path, typer.Option("--bank", "-b", help="Bank to fill (made if new).")],
    genome: Annotated[
        str, typer.Option("--genome", "-g", help="A bundled genome or a JSONL file.")
    ] = "math",
    genes: Annotated[int | None, typer.Option(min=1, help="Only its first N genes.")] = None,
    probes: Annotated[int, typer.Option("--probes", "-n", min=1, help="Probes a gene.")] = 32,
    exact: Annotated[
        bool, typer.Option("--exact", help="The allele distribution itself, not samples.")
    ] = False,
    epsilon: Annotated[
        float, typer.Option(min=1e-6, max=0.5, help="With --exact: mass that may be missing.")
    ] = 0.01,
    allele_length: Annotated[
        int, typer.Option("--allele-length", "-l", min=1, max=8, help="With --exact: characters.")
    ] = 4,
    temperature: Annotated[float, typer.Option(min=0.0, help="Of the sampling.")] = 1.0,
    boundary: Annotated[
        str, typer.Option(help="healed: a gene's last word may go on; plain: as an API would.")
    ] = "healed",
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
) -> None:
    """Sample models' completions of a genome into a bank.

    Only what the bank lacks is sampled: run the same command again after an interruption, or
    with more models, genes or probes.
    """
    from phylolm.bank import Bank
    from phylolm.genome import Genome
    from phylolm.sampling.protocol import SamplingSettings
    from phylolm.sequencing import SequencingOptions

    settings = SamplingSettings(temperature=temperature, boundary=boundary)
    options = SequencingOptions(probes, seed, exact, epsilon, allele_length, settings)
    loaded = Genome.load(genome, genes)
    with bars() as shown:
        failed = Bank(bank).sequence(models, loaded, options, shown)
    for name, error in failed.items():
        fail(f"{name}: {error}")
    note(f"{len(models) - len(failed)} of {len(models)} models sequenced into {bank}")
    if failed:
        worst = max(error.exit_code for error in failed.values())
        raise typer.Exit(PARTIAL if len(failed) < len(models) else worst)
