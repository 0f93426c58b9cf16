"""phylolm bank: look at a bank and check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import emit, fail, note, printable, table

if TYPE_CHECKING:
    from phylolm.bank import Holding

app = typer.Typer(help="Look at a bank and check it.", no_args_is_help=True)

BankArgument = Annotated[Path, typer.Argument(help="A bank (folder).")]


@app.command("ls")
def ls(
    bank: BankArgument,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """What a bank holds: models, genes, probes, settings, genomes."""
    import json
    from dataclasses import asdict

    from phylolm.bank import Bank

    opened = Bank(bank, create=False)
    holdings = opened.holdings()
    if as_json:
        emit(json.dumps([asdict(each) for each in holdings], indent=2, ensure_ascii=False), None)
        return
    rows = [
        [
            each.model,
            each.revision[:12],
            each.kind,
            each.settings_id,
            str(each.genes),
            _probes(each),
        ]
        for each in holdings
    ]
    table(["model", "revision", "kind", "settings", "genes", "probes"], rows)
    for genome in opened.genomes():
        typer.echo(printable(f"genome {genome.id[:12]}: {len(genome)} genes"))


@app.command("show")
def show(
    bank: BankArgument,
    model: Annotated[str, typer.Argument(help="A model of the bank.")],
    genes: Annotated[int, typer.Option(min=1, help="How many genes to show.")] = 10,
) -> None:
    """What a model said: its most frequent alleles, gene by gene."""
    from phylolm.bank import Bank

    opened = Bank(bank, create=False)
    counts = opened.counts(models=[model], mix_settings=True)
    texts = {gene.id: gene.text for gene in opened.genome().genes}
    alleles = counts.select([counts.models[0]]).to_pandas().sort_values("count", ascending=False)
    rows = []
    for gene in counts.genes[:genes]:
        said = alleles[alleles["gene"] == gene].head(6)
        cells = (f"{_shown(a)} {f:.2f}" for a, f in zip(said.allele, said.frequency, strict=True))
        rows.append([_shown(texts[gene][-48:]), "  ".join(cells)])
    table(["gene (its end)", "alleles and their frequencies"], rows)


@app.command("verify")
def verify(bank: BankArgument) -> None:
    """Check every file against the hash it is named by."""
    from phylolm.bank import Bank

    damaged = Bank(bank, create=False).damaged()
    for name in damaged:
        fail(f"{name} is not what it is named by: delete it and run again")
    if damaged:
        raise typer.Exit(1)
    note(f"{bank}: every file is whole")


def _probes(holding: Holding) -> str:
    return f"{holding.probes:,}" if holding.probes else "exact"


def _shown(text: str) -> str:
    return "⟨end⟩" if text == "" else text.replace("\n", "⏎").replace(" ", "·")
