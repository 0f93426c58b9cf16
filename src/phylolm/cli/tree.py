"""phylolm tree: the family tree, with support, drawn or written in any format."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phylolm import defaults
from phylolm.cli import source
from phylolm.cli.console import bars, emit, note, printable, require_suffix
from phylolm.cli.options import (
    PICTURES,
    JsonOption,
    MethodOption,
    ReplicatesOption,
    RootOption,
    with_options,
)
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.tree.analysis import TreeOptions
    from phylolm.tree.tree import Tree

LAYOUTS = ("rectangular", "circular", "unrooted")
FORMATS = (".nwk", ".newick", ".tree", ".nex", ".nexus", ".xml", ".phyloxml", *PICTURES)


@with_options(source.Source)
def tree(
    chosen: source.Source,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Tree (.nwk .nex .xml) or picture (.svg .pdf .png); repeatable.",
        ),
    ] = None,
    from_tree: Annotated[
        Path | None,
        typer.Option("--tree", help="Read a finished tree from a file, to root, draw or convert."),
    ] = None,
    method: MethodOption = defaults.TREE_METHOD,
    replicates: ReplicatesOption = defaults.REPLICATES,
    support: Annotated[
        str, typer.Option("--support", help="Bootstrap support: felsenstein or transfer.")
    ] = defaults.SUPPORT,
    root: RootOption = defaults.ROOT,
    collapse: Annotated[
        float,
        typer.Option("--collapse", min=0, max=100, help="Collapse branches with less support."),
    ] = 0.0,
    layout: Annotated[
        str, typer.Option("--layout", help="Of pictures: rectangular, circular or unrooted.")
    ] = "rectangular",
    families: source.FamiliesOption = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against", help="Another tree: print Robinson-Foulds and quartets (repeatable)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Random seed for the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Who descends from whom? The family tree, with bootstrap support on every branch.

    Without -o the tree is drawn in the terminal, or written as Newick if stdout is not a
    terminal. Bootstrap support reflects resampling of genes only, and ancestors are sampled as
    tips: for one model's nearest kin use `phylolm identify`.

    Example: phylolm tree --bank bank -o tree.svg -o tree.nwk
    """
    from phylolm.tree.analysis import TreeOptions
    from phylolm.tree.files import read_tree

    for path in output or ():
        require_suffix(path, FORMATS, "a tree")
    if layout not in LAYOUTS:
        raise ConfigError(f"unknown layout {layout!r}: {', '.join(LAYOUTS)}")
    if from_tree is not None and (chosen.bank or chosen.distances):
        raise ConfigError("--tree reads a finished tree: leave out --bank and --distances")
    colours = source.read_families(families)
    others = [(str(path), read_tree(path)) for path in against or ()]
    options = TreeOptions(method, chosen.measure, replicates, support, root, collapse, seed)
    made = _make(chosen, from_tree, options)
    for path in output or ():
        _write(made, path, layout, colours)
    if as_json:
        compared = [_comparison(made, other, name) for name, other in others]
        content = {"newick": made.to_newick(), "against": compared}
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
    elif others:
        for name, other in others:
            _tell(_comparison(made, other, name))
    elif not output:
        _show(made)


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


def _comparison(tree: Tree, other: Tree, name: str) -> dict[str, Any]:
    """How far two trees are apart, for JSON."""
    from phylolm.tree.compare import quartet_distance, robinson_foulds

    splits = robinson_foulds(tree, other)
    quartets = quartet_distance(tree, other)
    return {
        "tree": name,
        "robinson_foulds": splits.rf,
        "normalised": splits.normalised,
        "splits_shared": splits.shared,
        "splits_only_here": splits.false_positives,
        "splits_only_there": splits.false_negatives,
        "quartets": {
            **asdict(quartets),
            "distance": quartets.distance,
            "normalised": quartets.normalised,
        },
    }


def _tell(found: dict[str, Any]) -> None:
    quartets = found["quartets"]
    resolved = quartets["agreeing"] + quartets["differing"]
    typer.echo(
        printable(
            f"Robinson-Foulds {found['robinson_foulds']} (normalised {found['normalised']:.3f}): "
            f"{found['splits_only_here']} splits only here, "
            f"{found['splits_only_there']} only in {Path(found['tree']).name}"
        )
    )
    typer.echo(
        f"quartets: {quartets['differing']:,} of {resolved:,} resolved in both differ "
        f"({quartets['normalised']:.3f}); unresolved: "
        f"{quartets['only_tree'] + quartets['unresolved']:,} there, "
        f"{quartets['only_truth'] + quartets['unresolved']:,} here"
    )
