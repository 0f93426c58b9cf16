"""phylolm demo: grow a zoo, read its family tree, show how near the truth it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import bars, note

if TYPE_CHECKING:
    from phylolm.study.demo import DemoResult


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for models, bank and results.")
    ] = Path("phylolm-demo"),
    seed: Annotated[int, typer.Option("--seed", help="Random seed for growing the models.")] = 0,
) -> None:
    """Does the method work? Grows small models with a known family tree and recovers the tree.

    No network, key or GPU is needed; the first run takes minutes, later ones seconds. It says
    nothing about your own models: for those use `phylolm sequence`.

    Example: phylolm demo -o phylolm-demo
    """
    from phylolm.figures.ascii import ascii_tree
    from phylolm.genome.genome import Genome
    from phylolm.study.demo import GENOME, analyse_zoo, grow_zoo, sequence_zoo

    started = time.monotonic()
    note("1/3  growing a zoo of small language models, each trained or tuned from another")
    with bars() as shown:
        zoo = grow_zoo(output, shown, seed=seed)
    note(f"2/3  sequencing {len(zoo.models)} models: 32 completions of each of 128 prompts")
    genome = Genome.load(GENOME)
    with bars() as shown:
        bank = sequence_zoo(zoo, output, shown, genome)
    note("3/3  distances, tree, 1,000 bootstrap replicates, pictures, report")
    with bars() as shown:
        counts = bank.counts(genome, models=zoo.models)
        result = analyse_zoo(zoo, counts, output, lambda k: shown("bootstrap replicates", k, 1000))
    typer.echo(ascii_tree(result.analysis.tree, 80))
    _tell(result, time.monotonic() - started)


def _tell(result: DemoResult, seconds: float) -> None:
    recovery, splits = result.recovery, result.splits
    truth = splits.shared + splits.false_negatives
    nearest = result.zoo.path(result.zoo.models[-1])
    bank = result.folder / f"bank-{result.zoo.seed}"
    lines = [
        "",
        f"nearest is parent, child or sibling  {recovery.kin:.0%} of {recovery.models} models",
        f"nearest is of the same family        {recovery.family:.0%}",
        f"same-family pairs nearer (AUC)       {recovery.auc:.3f}",
        f"true splits found                    {splits.shared} of {truth}; "
        f"Robinson-Foulds {splits.rf}",
        f"took {seconds:.0f} s",
        "",
        f"open    {result.report}",
        f"explore phylolm serve {result.report.parent}",
        f"next    phylolm identify {result.zoo.models[-1]} --bank {bank}",
        f"        phylolm sequence hf:{nearest} --bank BANK     (any transformers model)",
        "        phylolm --help",
    ]
    typer.echo("\n".join(lines))
