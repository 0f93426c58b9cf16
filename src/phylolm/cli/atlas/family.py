"""phylolm atlas family: a model's declared ancestors and descendants."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.atlas.common import ColumnOption, load
from phylolm.cli.console import emit, note, printable, warn

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.atlas.family import Family, Member
    from phylolm.atlas.lineage import Lineage

EdgesOption = Annotated[
    list[Path] | None,
    typer.Option("--edges", help="More edges: CSV with child, parent, relation (repeatable)."),
]
AliasesOption = Annotated[
    Path | None, typer.Option("--aliases", help="Renamed ids: CSV with columns old, new.")
]


def lineage_of(models: pd.DataFrame, edges: list[Path] | None, aliases: Path | None) -> Lineage:
    """Declared lineage of a catalogue and files; rings and self-edges are said."""
    from phylolm.atlas.lineage import Lineage, declared_edges, read_aliases, read_edges

    found = list(declared_edges(models))
    for path in edges or ():
        found += read_edges(path)
    lineage = Lineage.of(found, read_aliases(aliases) if aliases else None)
    if lineage.selfs:
        some = ", ".join(lineage.selfs[:3])
        note(f"note: {len(lineage.selfs)} models declare themselves as parent: {some}")
    for ring in lineage.cycles[:3]:
        warn(f"models that descend from each other: {' < '.join([*ring, ring[0]])}")
    return lineage


def family(
    model: Annotated[str, typer.Argument(help="A model id.")],
    catalogue: Annotated[Path, typer.Option("--catalogue", "-c", help="The catalogue.")],
    column: ColumnOption = None,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    depth: Annotated[int, typer.Option(min=1, help="Generations of descendants shown.")] = 3,
    most: Annotated[int, typer.Option(min=1, help="Children shown of one model.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """A model's declared ancestors and descendants, as a tree."""
    import json

    from phylolm.atlas.family import family as family_of

    opened = load(catalogue, column)
    lineage = lineage_of(opened.models, edges, aliases)
    known = opened.models[opened.models["downloads"].notna()]
    downloads = dict(zip(known["id"], known["downloads"].astype(float), strict=True))
    found = family_of(lineage, model, downloads, depth, most, opened.ids)
    if as_json:
        emit(json.dumps(found.to_dict(), indent=2, ensure_ascii=False), None)
    else:
        _print(found)


def _print(found: Family) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(width=None if sys.stdout.isatty() else 240)

    def grow(branch: Tree, members: tuple[Member, ...], hidden: int) -> None:
        for member in members:
            line = Text(printable(member.model)) + Text(f"  {member.relation}", style="dim")
            grow(branch.add(line), member.below, member.hidden)
        if hidden:
            branch.add(Text(f"… {hidden:,} more", style="dim"))

    if found.ancestors.below:
        above = Tree(Text("ancestors", style="dim"))
        grow(above, found.ancestors.below, 0)
        console.print(above)
    tree = Tree(Text(printable(found.model), style="bold"))
    grow(tree, found.descendants.below, found.descendants.hidden)
    console.print(tree)
    roots = ", ".join(found.roots) or "none, its ancestors descend from each other"
    typer.echo(printable(f"{found.total:,} descendants; roots: {roots}"))
