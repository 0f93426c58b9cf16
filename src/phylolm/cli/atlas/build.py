"""phylolm atlas build: the whole atlas of a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import (
    AliasesOption,
    AsOfOption,
    CatalogueArgument,
    ClustersOption,
    ColumnOption,
    EdgesOption,
    LinkageOption,
    MinDownloadsOption,
    SeedOption,
    load,
)
from phylolm.cli.console import emit, note, printable, warn
from phylolm.cli.options import JsonOption


def build(
    catalogue: CatalogueArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the atlas.")],
    column: ColumnOption = None,
    as_of: AsOfOption = "",
    min_downloads: MinDownloadsOption = 0,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    linkage: LinkageOption = "average",
    clusters: ClustersOption = None,
    gexf: Annotated[bool, typer.Option("--gexf", help="Write the graph as GEXF too.")] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Draw pictures.")
    ] = True,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """What is in a hub's catalogue? Builds clusters, tree, graph, lineage, audit and pictures.

    For a single question use `phylolm atlas clusters`, `graph`, `stats` or `audit`. To explore
    the result use `phylolm serve atlas`.

    Example: phylolm atlas build catalogue.csv -o atlas --no-pictures
    """
    import json

    from phylolm.atlas.build import BuildOptions
    from phylolm.atlas.build import build as build_atlas
    from phylolm.atlas.lineage import read_aliases, read_edges

    options = BuildOptions(
        linkage, clusters, seed=seed, pictures=pictures,
        graph_files=(".graphml", ".gexf") if gexf else (".graphml",),
        aliases=read_aliases(aliases) if aliases else {},
        edges=[edge for path in edges or () for edge in read_edges(path)],
    )  # fmt: skip
    opened = load(catalogue, column, as_of)
    opened = opened.at_least(min_downloads) if min_downloads else opened
    made = build_atlas(opened, output, options, lambda name, s: note(f"{name}: {s:.1f} s"))
    for ring in made["cycles"]:
        warn(f"models that descend from each other: {' < '.join([*ring, ring[0]])}")
    if as_json:
        emit(json.dumps(made, indent=2, ensure_ascii=False), None)
        return
    typer.echo(
        printable(
            f"{made['models']:,} models, {made['clusters']:,} clusters, {made['edges']:,} edges, "
            f"{made['communities']:,} communities (modularity {made['modularity']:.3f}), "
            f"{made['declared_edges']:,} declared edges: {output}"
        )
    )
