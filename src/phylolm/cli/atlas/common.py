"""What the commands of `phylolm atlas` share: opening a catalogue, and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import note, warn
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.atlas.catalogue import Catalogue
    from phylolm.atlas.lineage import Lineage

CatalogueArgument = Annotated[
    Path,
    typer.Argument(
        help="Catalogue: CSV, TSV, parquet, JSON or JSON lines (also .gz), or an atlas folder.",
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", help="FIELD=COLUMN for a column not recognised (repeatable)."),
]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help="Date of the counts: YYYY-MM-DD or YYYY-MM.")
]
MinDownloadsOption = Annotated[
    int, typer.Option("--min-downloads", min=0, help="Minimum downloads.")
]
LinkageOption = Annotated[
    str, typer.Option("--linkage", help="average, single, complete or weighted.")
]
ClustersOption = Annotated[
    int | None,
    typer.Option("--clusters", "-k", min=1, help="Number of clusters; default: by modularity."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Random seed for communities and layout.")]
EdgesOption = Annotated[
    list[Path] | None,
    typer.Option("--edges", help="More edges: CSV with child, parent, relation (repeatable)."),
]
AliasesOption = Annotated[
    Path | None, typer.Option("--aliases", help="Renamed ids: CSV with columns old, new.")
]


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
