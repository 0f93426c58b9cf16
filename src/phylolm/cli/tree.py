"""phylolm tree: the family tree, with support, drawn or written in any format."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import bars, note, printable, require_suffix
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.tree.analysis import TreeOptions
    from phylolm.tree.tree import Tree

LAYOUTS = ("rectangular", "circular", "unrooted")
PICTURES = (".svg", ".pdf", ".png")
FORMATS = (".nwk", ".newick", ".tree", ".nex", ".nexus", ".xml", ".phyloxml", *PICTURES)


@source.takes_source
def tree(
    chosen: source.Source,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help=".nwk .nex .xml .svg .pdf .png (repeatable)."),
    ] = None,
    from_tree: Annotated[
        Path | None, typer.Option("--tree", help="Take a tree from a file: draw, root, convert.")
    ] = None,
    method: Annotated[str, typer.Option(help="nj, bionj, bme or upgma.")] = "nj",
    replicates: Annotated[
        int, typer.Option("--bootstrap", min=0, help="Bootstrap replicates over genes.")
    ] = 1000,
    support: Annotated[str, typer.Option(help="felsenstein or transfer.")] = "felsenstein",
    root: Annotated[str, typer.Option(help="midpoint, mad, none or outgroup:NAME.")] = "midpoint",
    collapse: Annotated[
        float, typer.Option(min=0, max=100, help="Contract branches with less support.")
    ] = 0.0,
    layout: Annotated[
        str, typer.Option(help="Of pictures: rectangular, circular or unrooted.")
    ] = "rectangular",
    families: source.FamiliesOption = None,
    against: Annotated[
        Path | None, typer.Option(help="Another tree: print how far the two are apart.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> None:
    """The family tree of a bank's models, or of a file of distances.

    Without -o it is drawn in the terminal, or written as Newick where stdout is no terminal.
    """
    from phylolm.tree.analysis import TreeOptions
    from phylolm.tree.files import read_tree

    for path in output or ():
        require_suffix(path, FORMATS, "a tree")
    if layout not in LAYOUTS:
        raise ConfigError(f"unknown layout {layout!r}: {', '.join(LAYOUTS)}")
    if from_tree is not None and (chosen.bank or chosen.distances):
        raise ConfigError("--tree takes a tree as it is: leave --bank and --distances away")
    colours = source.read_families(families)
    truth = None if against is None else read_tree(against)
    options = TreeOptions(method, chosen.measure, replicates, support, root, collapse, seed)
    made = _make(chosen, from_tree, options)
    for path in output or ():
        _write(made, path, layout, colours)
    if not output and not against:
        _show(made)
    if truth is not None and against is not None:
        _compare(made, truth, against.name)


def _make(chosen: source.Source, from_tree: Path | None, options: TreeOptions) -> Tree:
    from phylolm.tree.analysis import analyse, finished
    from phylolm.tree.build import build_tree

    if from_tree is not None:
        from phylolm.tree.files import read_tree

        return finished(read_tree(from_tree), options)
    if chosen.distances is not None:
        return finished(build_tree(chosen.matrix(), options.method), options)
    counts = chosen.counts()
    with bars() as shown:
        done = analyse(
            counts, options, lambda k: shown("bootstrap replicates", k, options.replicates)
        )
    for text in done.distances.notes:
        note(f"note: {text}")
    return done.tree


def _write(tree: Tree, path: Path, layout: str, colours: dict[str, str] | None) -> None:
    if str(path) == "-":
        typer.echo(tree.to_newick())
        return
    if path.suffix in PICTURES:
        from phylolm import figures

        drawn = figures.plot_tree(tree, layout, families=colours)
        figures.save(drawn, path)
    else:
        from phylolm.tree.files import write_tree

        write_tree(tree, path)
    note(f"wrote {path}: {len(tree.leaf_names)} models")


def _show(tree: Tree) -> None:
    if sys.stdout.isatty():
        from phylolm.figures.ascii import ascii_tree

        typer.echo(ascii_tree(tree, shutil.get_terminal_size().columns))
    else:
        typer.echo(tree.to_newick())


def _compare(tree: Tree, truth: Tree, name: str) -> None:
    from phylolm.tree.compare import quartet_distance, robinson_foulds

    splits = robinson_foulds(tree, truth)
    quartets = quartet_distance(tree, truth)
    typer.echo(
        printable(
            f"Robinson-Foulds {splits.rf} (normalised {splits.normalised:.3f}): "
            f"{splits.false_positives} splits only here, "
            f"{splits.false_negatives} only in {name}"
        )
    )
    typer.echo(f"quartets: {quartets}")
