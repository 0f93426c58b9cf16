"""phylolm distance: pairwise genetic distances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix


def distance(
    bank: source.BankOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=".csv, .parquet or .phy; - = CSV.")
    ] = None,
    genome: source.GenomeOption = None,
    allele_length: source.LengthOption = source.DEFAULT_LENGTH,
    measure: source.MeasureOption = source.DEFAULT_MEASURE,
    probes: source.ProbesOption = None,
    settings: source.SettingsOption = None,
    mix_settings: source.MixOption = False,
    min_answered: source.AnsweredOption = source.DEFAULT_MIN_ANSWERED,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="One row a pair, with standard error and genes (CSV).")
    ] = False,
) -> None:
    """Genetic distances between all models of a bank."""
    if output is not None:
        require_suffix(output, (".csv", ".parquet", ".phy"), "distances")
    chosen = source.Source(
        bank, genome, allele_length, measure, probes, settings, mix_settings, min_answered
    )
    matrix = chosen.matrix()
    if pairs:
        emit(matrix.pairs().to_csv(index=False, float_format="%.6g"), output)
    elif output is None or str(output) == "-":
        emit(matrix.to_pandas().to_csv(float_format="%.8g"), output)
    else:
        matrix.save(output)
        note(f"wrote {output}: {len(matrix)} models, {matrix.measure}")
