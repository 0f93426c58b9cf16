"""phylolm heatmap: the matrix of similarities, clustered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix
from phylolm.cli.options import PICTURES, with_options


@with_options(source.Source)
def heatmap(
    chosen: source.Source,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Picture (.svg .pdf .png) or similarities (.csv)."),
    ],
    families: source.FamiliesOption = None,
) -> None:
    """How similar is each pair of models? The similarity matrix, clustered (UPGMA).

    With hundreds of models the cells are too small to read: use `phylolm map` or `serve`.

    Example: phylolm heatmap --bank bank -o heatmap.pdf
    """
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
