"""phylolm map: the models as points in the plane."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix
from phylolm.cli.options import PICTURES, with_options


@with_options(source.Source)
def map_(
    chosen: source.Source,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Picture (.svg .pdf .png) or coordinates (.csv)."),
    ],
    families: source.FamiliesOption = None,
) -> None:
    """Which models lie close together? Principal coordinates (PCoA) of the distances.

    Two axes show only part of the distances. For who descends from whom use `phylolm tree`.

    Example: phylolm map --bank bank -o map.svg
    """
    require_suffix(output, (*PICTURES, ".csv"), "a map")
    from phylolm.distance.ordination import pcoa

    placed = pcoa(chosen.matrix())
    if output.suffix == ".csv":
        emit(placed.to_pandas().to_csv(), output)
        return
    from phylolm import figures

    figures.save(figures.plot_map(placed, families=source.read_families(families)), output)
    note(f"wrote {output}")
