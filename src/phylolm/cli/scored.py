"""What `predict` and `select` share: distances and benchmark scores of the same models."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import note, warn

if TYPE_CHECKING:
    from phylolm.cli.source import Source
    from phylolm.predict.forecast import ScoredModels

ScoresOption = Annotated[
    Path,
    typer.Option(
        "--scores",
        "-s",
        help="Benchmark scores: CSV or parquet, an Open LLM Leaderboard table, or "
        "lm-evaluation-harness JSON (file or folder). Columns parameters (billions), family and "
        "parent are used if present.",
    ),
]
BenchmarkOption = Annotated[
    list[str] | None, typer.Option("--benchmark", help="Only this benchmark (repeatable).")
]


class Scale(StrEnum):
    """How scores are written."""

    auto = "auto"
    percent = "percent"
    fraction = "fraction"


ScaleOption = Annotated[
    Scale, typer.Option("--scale", help="Whether scores are percentages or fractions.")
]


def read_scored(
    chosen: Source, scores: Path, benchmarks: list[str] | None, scale: Scale
) -> ScoredModels:
    """Distances and scores of the same models; what they need said is said."""
    from phylolm.predict.forecast import join_scores
    from phylolm.predict.scores import read_scores
    from phylolm.tree.build import build_tree
    from phylolm.tree.clades import clades

    read = read_scores(scores, benchmarks, scale.value)
    for text in read.notes:
        note(text)
    matrix = chosen.matrix()
    groups = clades(build_tree(matrix).root_midpoint(), read.models)
    study = join_scores(matrix, read, groups)
    for text in study.notes:
        warn(text)
    return study
