"""phylolm atlas clusters: the models of a catalogue clustered by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import (
    CatalogueArgument,
    ClustersOption,
    ColumnOption,
    LinkageOption,
    MinDownloadsOption,
    load,
)
from phylolm.cli.console import emit, note, require_suffix, table
from phylolm.cli.options import JsonOption

TREES = (".nwk", ".nex", ".xml")


def clusters(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    linkage: LinkageOption = "average",
    count: ClustersOption = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Clusters (.csv, - is stdout) or the tree of names (.nwk .nex .xml); repeatable.",
        ),
    ] = None,
    min_downloads: MinDownloadsOption = 0,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of clusters to list.")
    ] = 40,
    as_json: JsonOption = False,
) -> None:
    """Which models of a catalogue have similar names? Clusters them by TF-IDF of their names.

    Similar names are not proof of descent: for declared parents use `phylolm atlas family`.

    Example: phylolm atlas clusters catalogue.csv -o clusters.csv -o tree.nwk
    """
    import json

    from phylolm.atlas.clusters import cluster_names
    from phylolm.atlas.neighbours import similar_names
    from phylolm.tree.files import write_tree

    for path in output or ():
        require_suffix(path, (".csv", *TREES), "clusters")
    opened = load(catalogue, column)
    opened = opened.at_least(min_downloads) if min_downloads else opened
    found = cluster_names(similar_names(opened.ids), linkage, count)
    for path in output or ():
        if path.suffix in TREES:
            write_tree(found.tree(), path)
            note(f"wrote {path}: {len(opened):,} models")
        else:
            emit(found.to_pandas().to_csv(index=False), path)
    sizes = list(zip(found.sizes[:limit], found.names, strict=False))
    if as_json:
        content = {
            "models": len(opened),
            "clusters": len(found.names),
            "linkage": found.method,
            "largest": [{"models": int(size), "terms": name} for size, name in sizes],
        }
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
    elif not output:
        typer.echo(
            f"{len(opened):,} models in {len(found.names):,} clusters, {found.method} linkage"
        )
        rows = [[str(size), name] for size, name in sizes]
        table(["models", "distinctive terms (TF-IDF)"], rows)
