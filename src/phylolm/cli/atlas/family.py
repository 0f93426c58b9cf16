"""phylolm atlas family: a model's declared ancestors and descendants."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.atlas.common import (
    AliasesOption,
    CatalogueArgument,
    ColumnOption,
    EdgesOption,
    lineage_of,
    load,
)
from phylolm.cli.console import emit, printable
from phylolm.cli.options import JsonOption

if TYPE_CHECKING:
    from phylolm.atlas.family import Family, Member


def family(
    catalogue: CatalogueArgument,
    model: Annotated[str, typer.Argument(help="A model id.")],
    column: ColumnOption = None,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    depth: Annotated[
        int, typer.Option("--depth", min=1, help="Generations of descendants to show.")
    ] = 3,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of children of one model.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """What are a model's declared ancestors and descendants? Shown as a tree.

    Declarations may be wrong or missing: `phylolm atlas audit` doubts some, and `phylolm identify`
    measures.

    Example: phylolm atlas family catalogue.csv Qwen/Qwen3-8B --depth 2
    """
    import json

    from phylolm.atlas.family import family as family_of

    opened = load(catalogue, column)
    lineage = lineage_of(opened.models, edges, aliases)
    known = opened.models[opened.models["downloads"].notna()]
    downloads = dict(zip(known["id"], known["downloads"].astype(float), strict=True))
    found = family_of(lineage, model, downloads, depth, limit, opened.ids)
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
