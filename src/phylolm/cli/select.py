"""phylolm select: which models to benchmark next."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, table
from phylolm.cli.options import JsonOption, with_options
from phylolm.cli.scored import BenchmarkOption, Scale, ScaleOption, ScoresOption, read_scored


@with_options(source.Source)
def select(
    chosen: source.Source,
    scores: ScoresOption,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of models to choose.")
    ] = 10,
    benchmark: BenchmarkOption = None,
    scale: ScaleOption = Scale.auto,
    as_json: JsonOption = False,
) -> None:
    """Which models should be benchmarked next, to learn most about those without scores?

    The choice minimises the predictive variance of models without scores; it does not look for the
    best model. For the forecasts themselves use `phylolm predict`.

    Example: phylolm select --bank bank --scores scores.csv --limit 10
    """
    from phylolm.predict.select import choose_next

    picks = choose_next(read_scored(chosen, scores, benchmark, scale), limit)
    if as_json:
        emit(json.dumps([asdict(pick) for pick in picks], indent=2, ensure_ascii=False), None)
        return
    rows = [[pick.model, f"{pick.left:.0%}"] for pick in picks]
    table(["benchmark next", "remaining predictive variance"], rows)
