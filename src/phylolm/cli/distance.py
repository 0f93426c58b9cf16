"""phylolm distance: pairwise genetic distances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix
from phylolm.cli.options import with_options
from phylolm.errors import ConfigError


@with_options(source.BankSource)
def distance(
    chosen: source.BankSource,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Matrix as .csv, .parquet or .phy; - is stdout."),
    ] = None,
    pairs: Annotated[
        bool,
        typer.Option("--pairs", help="One row for each pair, with standard error (CSV)."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all pairs, with standard error, as JSON.")
    ] = False,
) -> None:
    """How far apart are the models of a bank? Genetic distances between all pairs.

    Distances between unrelated models have a large standard error: do not rank models by them.

    Example: phylolm distance --bank bank --pairs -o pairs.csv
    """
    if as_json and (pairs or output is not None):
        raise ConfigError("--json prints all pairs: leave out --pairs and --output")
    if pairs and output is not None:
        require_suffix(output, (".csv",), "pairs")
    elif output is not None:
        require_suffix(output, (".csv", ".parquet", ".phy"), "distances")
    matrix = chosen.matrix()
    if as_json:
        emit(matrix.pairs().to_json(orient="records", indent=2, double_precision=10), None)
    elif pairs:
        emit(matrix.pairs().to_csv(index=False, float_format="%.6g"), output)
    elif output is None or str(output) == "-":
        emit(matrix.to_pandas().to_csv(float_format="%.8g"), output)
    else:
        matrix.save(output)
        note(f"wrote {output}: {len(matrix)} models, {matrix.measure}")
