"""phylolm bank: look at banks, check, join and share them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import PARTIAL, bars, emit, fail, note, printable, table
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.bank.bank import Holding
    from phylolm.bank.remote import Store
    from phylolm.bank.share import Transfer

app = typer.Typer(help="Look at banks, check, join and share them.", no_args_is_help=True)

BankArgument = Annotated[Path, typer.Argument(help="A bank (folder).")]
EitherArgument = Annotated[Path | None, typer.Argument(help="A bank (folder).")]
EitherOption = Annotated[Path | None, typer.Option("--bank", "-b", help="The same.")]


@app.command("ls")
def ls(
    bank: EitherArgument = None,
    option: EitherOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """What a bank holds: models, genes, probes, settings, genomes."""
    import json
    from dataclasses import asdict

    from phylolm.bank.bank import Bank

    opened = Bank(_one(bank, option), create=False)
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
    from phylolm.bank.bank import Bank

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
def verify(bank: EitherArgument = None, option: EitherOption = None) -> None:
    """Check every file against the hash it is named by."""
    from phylolm.bank.bank import Bank

    bank = _one(bank, option)
    damaged = Bank(bank, create=False).damaged()
    for name in damaged:
        fail(f"{name} is not what it is named by: delete it and run again")
    if damaged:
        raise typer.Exit(1)
    note(f"{bank}: every file is whole")


@app.command("merge")
def merge(
    banks: Annotated[list[str], typer.Argument(help="Banks: folders or fsspec URLs.")],
    into: Annotated[Path, typer.Option("--into", help="Bank to fill (made if new).")],
) -> None:
    """Join banks into one; what several hold is added once."""
    from phylolm.bank.remote import Store

    stores = [Store(each) for each in banks]
    for store in stores:
        store.check_is_bank()
    if any([_receive(into, store) for store in stores]):
        raise typer.Exit(PARTIAL)


@app.command("pull")
def pull(
    url: Annotated[str, typer.Argument(help="file://…, s3://…, hf://datasets/NAME/REPO, …")],
    bank: Annotated[Path, typer.Option("--bank", "-b", help="Bank to fill (made if new).")],
) -> None:
    """Add what a bank lacks of one elsewhere; everything is checked on the way in."""
    from phylolm.bank.remote import Store

    store = Store(url)
    store.check_is_bank()
    if _receive(bank, store):
        raise typer.Exit(PARTIAL)


@app.command("push")
def push(
    url: Annotated[str, typer.Argument(help="file://…, s3://…, hf://datasets/NAME/REPO, …")],
    bank: Annotated[Path, typer.Option("--bank", "-b", help="Bank to share.")],
) -> None:
    """Copy what a bank elsewhere lacks of this one; only what is missing travels."""
    from phylolm.bank.bank import Bank
    from phylolm.bank.remote import Store
    from phylolm.bank.share import send

    with bars() as shown:
        done = send(Bank(bank, create=False), Store(url), lambda n, of: shown(url, n, of))
    if _told(url, done):
        raise typer.Exit(PARTIAL)


def _one(argument: Path | None, option: Path | None) -> Path:
    """The bank, said in either way."""
    if (argument is None) == (option is None):
        raise ConfigError("name one bank, as in `phylolm bank ls BANK` or with --bank BANK")
    return argument or option or Path()


def _receive(bank: Path, store: Store) -> bool:
    """Whether something was refused."""
    from phylolm.bank.bank import Bank
    from phylolm.bank.share import receive

    with bars() as shown:
        done = receive(Bank(bank), store, lambda n, of: shown(store.url, n, of))
    return _told(store.url, done)


def _told(place: str, done: Transfer) -> bool:
    for name, why in done.refused.items():
        fail(f"{place}: {name} {why}; it was left out")
    note(f"{place}: {done.summary}")
    return bool(done.refused)


def _probes(holding: Holding) -> str:
    return f"{holding.probes:,}" if holding.probes else "exact"


def _shown(text: str) -> str:
    return "⟨end⟩" if text == "" else text.replace("\n", "⏎").replace(" ", "·")
