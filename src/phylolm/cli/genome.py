"""phylolm genome: the prompts models are sequenced with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import emit, note, printable, require_suffix, table
from phylolm.cli.options import JsonOption
from phylolm.errors import ConfigError

app = typer.Typer(help="List, show and build genomes (sets of prompts).", no_args_is_help=True)


@app.command("ls")
def ls(as_json: JsonOption = False) -> None:
    """Which genomes are bundled? Their names, sizes and ids.

    To read the genes of one use `phylolm genome show`.

    Example: phylolm genome ls
    """
    import json

    from phylolm.genome.genome import BUNDLED, DEFAULT_SIZE, Genome

    rows = []
    for name in BUNDLED:
        first = Genome.load(name)
        every = Genome.load(name, size=Genome.bundled_size(name))
        rows.append([name, str(len(every)), str(len(first)), first.id[:12], first.genes[0].text])
    if as_json:
        keys = ("genome", "genes", "default_genes", "default_id", "first_gene")
        found: list[dict[str, str | int]] = [dict(zip(keys, row, strict=True)) for row in rows]
        for each in found:
            each |= {key: int(each[key]) for key in ("genes", "default_genes")}
        emit(json.dumps(found, indent=2, ensure_ascii=False), None)
        return
    table(["genome", "genes", "by default", "id of default", "first gene"], rows)
    note(f"the first {DEFAULT_SIZE} genes are the default; --genes N takes another number")


@app.command("show")
def show(
    genome: Annotated[str, typer.Argument(help="A bundled name or a JSONL file.")],
    genes: Annotated[
        int | None, typer.Option("--genes", min=1, help="Use only the first N genes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the genes as JSON lines.")] = False,
) -> None:
    """Which prompts are in a genome? Its genes, in order.

    What models answered to them is in a bank: see `phylolm bank show`.

    Example: phylolm genome show code --genes 5
    """
    from phylolm.genome.genome import Genome

    loaded = Genome.load(genome, genes)
    if as_json:
        emit(loaded.to_jsonl(), None)
        return
    for gene in loaded.genes:
        typer.echo(f"{gene.id}  {printable(gene.text.replace(chr(10), '⏎'))}")
    note(f"{len(loaded)} genes, id {loaded.id}")


@app.command("build")
def build(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write.")],
    source: Annotated[
        str | None,
        typer.Argument(help="Folder, .txt, .jsonl, .csv, .parquet, or dataset:NAME[:SPLIT]."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Have this model write genes (repeatable)."),
    ] = None,
    genes: Annotated[int, typer.Option("--genes", min=1, help="Number of new genes.")] = 128,
    column: Annotated[
        str, typer.Option("--column", help="Column of the source that holds the text.")
    ] = "text",
    seed: Annotated[
        int, typer.Option("--seed", help="Random seed for the choice of documents.")
    ] = 0,
    grow: Annotated[
        str | None,
        typer.Option(
            "--grow", help="Genome to extend: its genes come first, its probes stay valid."
        ),
    ] = None,
) -> None:
    """How do I make my own genome? From documents, or from texts that models write.

    Each gene is the start of a random document: 20 to 99 characters, up to the end of a word. Do
    not build one from a benchmark that models may have been trained on.

    Example: phylolm genome build documents.txt --genes 256 -o mine.jsonl
    """
    from phylolm.genome.build import genes_from_documents, read_documents
    from phylolm.genome.genome import Genome
    from phylolm.sequencing.gene_writer import genes_from_models

    require_suffix(output, (".jsonl",), "a genome")
    if (source is None) == (not model):
        raise ConfigError("give either a source of documents or --model (repeatable)")
    old = Genome.load(grow) if grow else None
    taken = [gene.text for gene in old.genes] if old else []
    if source is not None:
        documents = read_documents(source, column)
        name = Path(source).name
        new = genes_from_documents(documents, genes, name, seed, taken)
    else:
        from phylolm.models.spec import open_model, parse

        new = genes_from_models([open_model(parse(m)) for m in model or ()], genes, seed, taken)
    built = old.grown(new) if old else Genome.of(output.stem, new)
    emit(built.to_jsonl(), output)
    note(f"{len(built)} genes, id {built.id[:12]}")
