"""phylolm atlas build, fetch, diff: the whole atlas of a catalogue; catalogues from a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import (
    AsOfOption,
    CatalogueArgument,
    ColumnOption,
    MinDownloadsOption,
    load,
)
from phylolm.cli.atlas.family import AliasesOption, EdgesOption
from phylolm.cli.console import bars, emit, note, printable, table


def build(
    catalogue: CatalogueArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the atlas.")],
    column: ColumnOption = None,
    as_of: AsOfOption = "",
    at_least: MinDownloadsOption = 0,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    linkage: Annotated[
        str, typer.Option(help="average, single, complete or weighted.")
    ] = "average",
    clusters: Annotated[
        int | None, typer.Option("--clusters", "-k", min=1, help="How many; default by modularity.")
    ] = None,
    gexf: Annotated[bool, typer.Option("--gexf", help="The graph as GEXF too.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw pictures.")] = True,
    seed: Annotated[int, typer.Option(help="Of communities and layout.")] = 0,
) -> None:
    """Clusters, tree, graph, communities, lineage, statistics and pictures of a catalogue."""
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
    opened = opened.at_least(at_least) if at_least else opened
    made = build_atlas(opened, output, options, lambda name, s: note(f"{name}: {s:.1f} s"))
    for ring in made["cycles"]:
        note(f"warning: models that descend from each other: {' < '.join([*ring, ring[0]])}")
    typer.echo(
        printable(
            f"{made['models']:,} models, {made['clusters']:,} clusters, {made['edges']:,} edges, "
            f"{made['communities']:,} communities (modularity {made['modularity']:.3f}), "
            f"{made['declared_edges']:,} declared edges: {output}"
        )
    )


def fetch(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of snapshots.")],
    task: Annotated[str, typer.Option(help="text-generation, …")] = "",
    author: Annotated[str, typer.Option(help="User or organisation.")] = "",
    tag: Annotated[str, typer.Option(help="A tag of the hub, e.g. gguf.")] = "",
    search: Annotated[str, typer.Option(help="Words in the name.")] = "",
    min_downloads: Annotated[int, typer.Option(min=0, help="In the last 30 days.")] = 0,
    since: Annotated[str, typer.Option(help="Created then or later: YYYY-MM-DD.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Models at most; 0 = all.")] = 0,
    endpoint: Annotated[str, typer.Option(help="Address of the hub.")] = "",
    pause: Annotated[float, typer.Option(min=0, help="Seconds between requests.")] = 0.5,
) -> None:
    """Take a snapshot of a hub's catalogue; a second one says what is new, gone and changed.

    The hub's token comes from the environment (HF_TOKEN). Run again after an interruption.
    """
    from phylolm.atlas.catalogue import read_catalogue
    from phylolm.atlas.snapshot import Query, difference
    from phylolm.atlas.snapshot import fetch as fetch_snapshot

    query = Query(task, author, tag, search, min_downloads, since, limit)
    earlier = sorted(output.glob(f"models-*-{query.id}.parquet"))
    before = read_catalogue(earlier[-1]) if earlier else None
    with bars() as shown:
        path = fetch_snapshot(
            output,
            query,
            endpoint,
            pause,
            lambda models: shown("models", models, max(models, limit)),
        )
    now = read_catalogue(path)
    note(f"wrote {path}: {len(now):,} models")
    if before is not None:
        counts = dict.fromkeys(("new", "gone", "changed"), 0)
        for what, _, _ in difference(before, now):
            counts[what] += 1
        note(f"since {earlier[-1].name}: " + ", ".join(f"{n:,} {k}" for k, n in counts.items()))


def diff(
    old: Annotated[Path, typer.Argument(help="A catalogue.")],
    new: Annotated[Path, typer.Argument(help="A later one.")],
    column: ColumnOption = None,
    most: Annotated[int, typer.Option(min=0, help="Rows shown of each kind.")] = 20,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="All rows as CSV.")] = None,
) -> None:
    """What changed between two catalogues: models new, gone, or changed."""
    import pandas as pd

    from phylolm.atlas.snapshot import difference

    rows = list(difference(load(old, column), load(new, column)))
    for what in ("new", "gone", "changed"):
        some = [[model, how] for kind, model, how in rows if kind == what]
        typer.echo(f"{len(some):,} {what}")
        if some[:most]:
            table(["model", "how"], some[:most])
    if output is not None:
        content = pd.DataFrame(rows, columns=["what", "model", "how"])
        emit(content.to_csv(index=False), output)
