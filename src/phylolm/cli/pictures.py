"""phylolm map and phylolm heatmap: pictures of a distance matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix

PICTURES = (".svg", ".pdf", ".png")
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help=".svg, .pdf or .png; .csv for the numbers.")
]


@source.takes_source
def map_(
    chosen: source.Source,
    output: OutputOption,
    families: source.FamiliesOption = None,
) -> None:
    """Map of the models: principal coordinates of their distances."""
    require_suffix(output, (*PICTURES, ".csv"), "a map")
    from phylolm.distance.ordination import pcoa

    placed = pcoa(chosen.matrix())
    if output.suffix == ".csv":
        emit(placed.to_pandas().to_csv(), output)
        return
    from phylolm import figures

    figures.save(figures.plot_map(placed, families=source.read_families(families)), output)
    note(f"wrote {output}")


@source.takes_source
def heatmap(
    chosen: source.Source,
    output: OutputOption,
    families: source.FamiliesOption = None,
) -> None:
    """Similarity matrix of the models, clustered."""
    require_suffix(output, (*PICTURES, ".csv"), "a heatmap")
    matrix = chosen.matrix()
    if output.suffix == ".csv":
        import numpy as np

        emit(np.exp(-matrix.to_pandas()).to_csv(float_format="%.6g"), output)
        return
    from phylolm import figures
    from phylolm.tree.build import build_tree

    tree = build_tree(matrix, "upgma")
    picture = figures.plot_heatmap(matrix, tree, families=source.read_families(families))
    figures.save(picture, output)
    note(f"wrote {output}")
