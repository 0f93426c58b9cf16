"""phylolm distance: pairwise genetic distances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix


@source.takes_source
def distance(
    chosen: source.BankSource,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=".csv, .parquet or .phy; - = CSV.")
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="One row a pair, with standard error and genes (CSV).")
    ] = False,
) -> None:
    """Genetic distances between all models of a bank."""
    if pairs and output is not None:
        require_suffix(output, (".csv",), "pairs")
    elif output is not None:
        require_suffix(output, (".csv", ".parquet", ".phy"), "distances")
    matrix = chosen.matrix()
    if pairs:
        emit(matrix.pairs().to_csv(index=False, float_format="%.6g"), output)
    elif output is None or str(output) == "-":
        emit(matrix.to_pandas().to_csv(float_format="%.8g"), output)
    else:
        matrix.save(output)
        note(f"wrote {output}: {len(matrix)} models, {matrix.measure}")
