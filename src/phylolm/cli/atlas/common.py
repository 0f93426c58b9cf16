"""phylolm atlas: hub catalogues, named, clustered, linked and audited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import emit, note, printable, require_suffix, table
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.atlas.catalogue import Catalogue

app = typer.Typer(
    help="The models of a hub: clusters, lineage, search, audit.", no_args_is_help=True
)

CatalogueArgument = Annotated[
    Path,
    typer.Argument(help="CSV, TSV, parquet, JSON or JSON lines (.gz too), or an atlas folder."),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", help="FIELD=COLUMN, for a column that isn't recognised (repeatable)."),
]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help="Date of the counts: YYYY-MM-DD, YYYY-MM.")
]

MinDownloadsOption = Annotated[
    int, typer.Option("--min-downloads", min=0, help="Only models with so many downloads.")
]
PICTURES = (".svg", ".pdf", ".png")


def load(path: Path, columns: list[str] | None = None, as_of: str = "") -> Catalogue:
    """The catalogue at `path`; what was left out is said."""
    from phylolm.atlas.catalogue import read_catalogue

    mapping = {}
    for given in columns or ():
        field, equals, column = given.partition("=")
        if not equals:
            raise ConfigError(f"--column {given}: write FIELD=COLUMN")
        mapping[field] = column
    catalogue = read_catalogue(path, mapping, as_of)
    for text in catalogue.notes:
        note(f"note: {text}")
    return catalogue


@app.command("show")
def show(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    as_of: AsOfOption = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the typed table: .parquet, .csv.")
    ] = None,
) -> None:
    """What a catalogue holds: its columns as they are understood, and how full they are."""
    if output is not None:
        require_suffix(output, (".parquet", ".csv"), "a catalogue")
    opened = load(catalogue, column, as_of)
    typer.echo(printable(f"{opened.source}: {len(opened):,} models"))
    rows = []
    for field in opened.models:
        cells = opened.models[field]
        known = cells.notna() & (cells.astype("str") != "")
        example = str(cells[known].iloc[0])[:60] if known.any() else ""
        rows.append([str(field), opened.chosen.get(str(field), "-"), f"{known.sum():,}", example])
    table(["field", "column", "known", "first"], rows)
    if opened.unread:
        bad = [[f"{cell.row:,}", cell.column, cell.text] for cell in opened.unread]
        table(["row", "column", "cell"], bad, title=f"cells left empty: {len(bad):,}")
    if output is not None:
        opened.save(output)
        note(f"wrote {output}: {len(opened):,} models")


@app.command("name")
def name(
    models: Annotated[list[str], typer.Argument(help="Model ids.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """What an id says: family, size, stage, quantisation and the rest."""
    import json

    from phylolm.atlas.names import parse_name

    if any(not model.strip() for model in models):
        raise ConfigError("an empty id says nothing: write OWNER/NAME")
    parsed = {model: {**vars(found := parse_name(model)), "kind": found.kind} for model in models}
    if as_json:
        emit(json.dumps(parsed, indent=2, ensure_ascii=False), None)
        return
    for model, fields in parsed.items():
        rows = [[field, _shown(value)] for field, value in fields.items() if value]
        table(["field", "value"], rows, title=printable(model))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


@app.command("clusters")
def clusters(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    linkage: Annotated[
        str, typer.Option(help="average, single, complete or weighted.")
    ] = "average",
    count: Annotated[
        int | None, typer.Option("--clusters", "-k", min=1, help="How many; default by modularity.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="CSV: model, cluster, its name; - = stdout."),
    ] = None,
    tree: Annotated[Path | None, typer.Option(help="The tree of names: .nwk, .nex, .xml.")] = None,
    at_least: MinDownloadsOption = 0,
) -> None:
    """Cluster the models of a catalogue by their names."""
    from phylolm.atlas.clusters import cluster_names
    from phylolm.atlas.neighbours import similar_names
    from phylolm.tree.files import write_tree

    if output is not None:
        require_suffix(output, (".csv",), "clusters")
    if tree is not None:
        require_suffix(tree, (".nwk", ".nex", ".xml"), "a tree")
    opened = load(catalogue, column)
    opened = opened.at_least(at_least) if at_least else opened
    found = cluster_names(similar_names(opened.ids), linkage, count)
    if output is not None:
        emit(found.to_pandas().to_csv(index=False), output)
    else:
        typer.echo(
            f"{len(opened):,} models in {len(found.names):,} clusters, {found.method} linkage"
        )
        sizes = found.sizes
        rows = [[str(size), name] for size, name in zip(sizes[:40], found.names, strict=False)]
        table(["models", "telling words"], rows)
    if tree is not None:
        write_tree(found.tree(), tree)
        note(f"wrote {tree}: {len(opened):,} models")


@app.command("graph")
def graph(
    catalogue: CatalogueArgument,
    output: Annotated[
        list[Path],
        typer.Option("--output", "-o", help=".graphml .gexf .svg .pdf .png (repeatable)."),
    ],
    column: ColumnOption = None,
    at_least: MinDownloadsOption = 0,
    threshold: Annotated[
        float, typer.Option(min=0.05, max=1, help="Least cosine of two names joined.")
    ] = 0.3,
    nearest: Annotated[int, typer.Option(min=1, max=100, help="Nearest names kept each.")] = 10,
    seed: Annotated[int, typer.Option(help="Of communities and layout.")] = 0,
) -> None:
    """The graph of nearest names, with communities, for Gephi and others, or drawn."""
    from phylolm import figures
    from phylolm.atlas.clusters import name_clusters
    from phylolm.atlas.graph import SUFFIXES, name_graph, write_graph
    from phylolm.atlas.neighbours import NeighbourSettings, similar_names

    for path in output:
        require_suffix(path, (*SUFFIXES, *PICTURES), "a graph")
    opened = load(catalogue, column)
    opened = opened.at_least(at_least) if at_least else opened
    similar = similar_names(opened.ids, settings=NeighbourSettings(nearest, threshold))
    made = name_graph(similar, seed)
    pairs, cosines = made.pairs
    typer.echo(
        f"{len(opened):,} models, {len(pairs):,} edges, "
        f"{made.communities.max() + 1:,} communities, modularity {made.modularity:.3f}"
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
