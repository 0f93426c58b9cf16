"""phylolm atlas graph: the nearest-neighbour graph of names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import (
    CatalogueArgument,
    ColumnOption,
    MinDownloadsOption,
    SeedOption,
    load,
)
from phylolm.cli.console import emit, note, require_suffix
from phylolm.cli.options import PICTURES, JsonOption


def graph(
    catalogue: CatalogueArgument,
    output: Annotated[
        list[Path],
        typer.Option(
            "--output", "-o", help="Graph (.graphml .gexf) or picture (.svg .pdf .png); repeatable."
        ),
    ],
    column: ColumnOption = None,
    min_downloads: MinDownloadsOption = 0,
    threshold: Annotated[
        float,
        typer.Option("--threshold", min=0.05, max=1, help="Minimum cosine similarity of an edge."),
    ] = 0.3,
    nearest: Annotated[
        int, typer.Option("--nearest", min=1, max=100, help="Nearest neighbours of each name.")
    ] = 10,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Which groups do the names of a catalogue form? The nearest-neighbour graph of names.

    Edges are similar names (cosine of TF-IDF), not declared parents: for those use `phylolm atlas
    family`. For Gephi and others, or drawn; communities by Louvain.

    Example: phylolm atlas graph catalogue.csv -o graph.gexf -o graph.png
    """
    import json

    from phylolm import figures
    from phylolm.atlas.clusters import name_clusters
    from phylolm.atlas.graph import SUFFIXES, name_graph, write_graph
    from phylolm.atlas.neighbours import NeighbourSettings, similar_names

    for path in output:
        require_suffix(path, (*SUFFIXES, *PICTURES), "a graph")
    opened = load(catalogue, column)
    opened = opened.at_least(min_downloads) if min_downloads else opened
    similar = similar_names(opened.ids, settings=NeighbourSettings(nearest, threshold))
    made = name_graph(similar, seed)
    pairs, cosines = made.pairs
    found = {
        "models": len(opened),
        "edges": len(pairs),
        "communities": int(made.communities.max() + 1),
        "modularity": float(made.modularity),
    }
    if as_json:
        emit(json.dumps(found, indent=2), None)
    else:
        typer.echo(
            f"{found['models']:,} models, {found['edges']:,} edges, "
            f"{found['communities']:,} communities, modularity {found['modularity']:.3f}"
        )
    for path in output:
        if path.suffix in PICTURES:
            names = name_clusters(similar.names, similar.spelling, made.communities)
            drawn = figures.plot_constellation(
                made.places, made.communities, names, pairs[cosines < 0.999], opened.source
            )
            figures.save(drawn, path)
        else:
            columns = {name: opened.models[name].tolist() for name in ("downloads", "likes")}
            write_graph(made, path, columns)
        note(f"wrote {path}")
