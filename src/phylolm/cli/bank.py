"""phylolm bank: list, check, merge and share banks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phylolm.cli.console import PARTIAL, bars, emit, fail, note, printable, table
from phylolm.cli.options import BankOption, JsonOption, NewBankOption

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.bank.bank import Holding
    from phylolm.bank.remote import Store
    from phylolm.bank.share import Transfer

app = typer.Typer(help="List, check, merge and share banks.", no_args_is_help=True)

LOOK, SHARE = "Look", "Share"
ALLELES_SHOWN = 6
"""Of each gene."""

URL_HELP = "Where the other bank is: file://…, s3://…, hf://datasets/AUTHOR/NAME, …"


@app.command("ls", rich_help_panel=LOOK)
def ls(
    bank: BankOption,
    as_json: JsonOption = False,
) -> None:
    """What does a bank hold? Models, genes, probes, sampling settings, genomes.

    It does not check the files: for that use `phylolm bank verify`.

    Example: phylolm bank ls --bank bank
    """
    import json
    from dataclasses import asdict

    from phylolm.bank.bank import Bank

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


@app.command("show", rich_help_panel=LOOK)
def show(
    model: Annotated[str, typer.Argument(help="A model of the bank.")],
    bank: BankOption,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of genes to list.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """What did a model answer? Its most frequent alleles, gene by gene.

    Alleles are the first characters of completions; whole completions are in the bank's parquet
    files.

    Example: phylolm bank show gpt2 --bank bank --limit 5
    """
    import json

    from phylolm.bank.bank import Bank

    opened = Bank(bank, create=False)
    counts = opened.counts(models=[model], mix_settings=True)
    texts = {gene.id: gene.text for gene in opened.genome().genes}
    alleles = counts.select([counts.models[0]]).to_pandas().sort_values("count", ascending=False)
    found = {
        gene: alleles[alleles["gene"] == gene].head(ALLELES_SHOWN) for gene in counts.genes[:limit]
    }
    if as_json:
        content = [
            {"gene": gene, "text": texts[gene], "alleles": _records(said)}
            for gene, said in found.items()
        ]
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
        return
    rows = []
    for gene, said in found.items():
        cells = (f"{_shown(a)} {f:.2f}" for a, f in zip(said.allele, said.frequency, strict=True))
        rows.append([_shown(texts[gene][-48:]), "  ".join(cells)])
    table(["gene (its end)", "alleles and their frequencies"], rows)


def _records(said: pd.DataFrame) -> list[dict[str, Any]]:
    pairs = zip(said["allele"], said["frequency"], strict=True)
    return [{"allele": allele, "frequency": float(frequency)} for allele, frequency in pairs]


@app.command("verify", rich_help_panel=LOOK)
def verify(bank: BankOption, as_json: JsonOption = False) -> None:
    """Is every file of a bank undamaged? Checks each against the hash in its name.

    It says nothing about whether a server answered as it should: see `phylolm doctor`.

    Example: phylolm bank verify --bank bank
    """
    import json

    from phylolm.bank.bank import Bank

    damaged = Bank(bank, create=False).damaged()
    if as_json:
        emit(json.dumps({"damaged": list(damaged)}, indent=2, ensure_ascii=False), None)
    for name in damaged:
        fail(f"{name} is not what it is named by: delete it and run again")
    if damaged:
        raise typer.Exit(1)
    note(f"{bank}: every file is whole")


@app.command("merge", rich_help_panel=SHARE)
def merge(
    banks: Annotated[list[str], typer.Argument(help="Banks to add: folders or fsspec URLs.")],
    bank: NewBankOption,
) -> None:
    """How do I combine banks? Adds others to one; what several hold is added once.

    The others stay as they are. For a single bank elsewhere use `phylolm bank pull`.

    Example: phylolm bank merge mine theirs --bank ours
    """
    from phylolm.bank.remote import Store

    stores = [Store(each) for each in banks]
    for store in stores:
        store.check_is_bank()
    if any([_receive(bank, store) for store in stores]):
        raise typer.Exit(PARTIAL)


@app.command("pull", rich_help_panel=SHARE)
def pull(
    url: Annotated[str, typer.Argument(help=URL_HELP)],
    bank: NewBankOption,
) -> None:
    """How do I get a bank from elsewhere? Adds what this bank lacks of it, and checks each file.

    It removes nothing: what you deleted here comes back. For several banks use `merge`.

    Example: phylolm bank pull hf://datasets/AUTHOR/NAME --bank bank
    """
    from phylolm.bank.remote import Store

    store = Store(url)
    store.check_is_bank()
    if _receive(bank, store):
        raise typer.Exit(PARTIAL)


@app.command("push", rich_help_panel=SHARE)
def push(
    url: Annotated[str, typer.Argument(help=URL_HELP)],
    bank: BankOption,
) -> None:
    """How do I share a bank? Copies what the bank at the URL lacks; nothing there is removed.

    All completions are copied: do not push what is not yours to publish.

    Example: phylolm bank push hf://datasets/AUTHOR/NAME --bank bank
    """
    from phylolm.bank.bank import Bank
    from phylolm.bank.remote import Store
    from phylolm.bank.share import send

    with bars() as shown:
        done = send(Bank(bank, create=False), Store(url), lambda n, of: shown(url, n, of))
    if _told(url, done):
        raise typer.Exit(PARTIAL)


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
