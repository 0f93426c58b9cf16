"""Benchmark scores on a page: as columns of the models, and as a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phylolm.page.metadata import NUMBER, Field
from phylolm.page.ofstudy import Score, in_fractions
from phylolm.predict.forecast import Forecast
from phylolm.predict.scores import ScoreTable


def score_fields(table: ScoreTable, names: Sequence[str]) -> list[Field]:
    """Known scores as columns, and the models' sizes where the table says them."""
    row = {model: place for place, model in enumerate(table.models)}
    rows = np.array([row.get(name, -1) for name in names])
    known = {name: table.values[:, place] for place, name in enumerate(table.benchmarks)}
    columns = [("parameters", "parameters (billions)", table.parameters), *(
        (f"score {name}", in_fractions(name), values) for name, values in known.items()
    )]  # fmt: skip
    found = []
    for name, label, values in columns:
        here = np.where(rows >= 0, values[rows], np.nan)
        if np.isfinite(here).any():
            found.append(Field(name, label, NUMBER, here, log=name == "parameters"))
    return found


def known_scores(table: ScoreTable) -> list[Score]:
    """Every score of a table, with bounds that are the score itself."""
    return [
        Score(benchmark, model, float(value), float(value), float(value), known=True)
        for column, benchmark in enumerate(table.benchmarks)
        for model, value in zip(table.models, table.values[:, column], strict=True)
        if np.isfinite(value)
    ]


def scores_of(table: ScoreTable, forecasts: Sequence[Forecast]) -> list[Score]:
    """Known and forecast scores."""
    told = [
        Score(each.benchmark, each.model, each.value, each.low, each.high) for each in forecasts
    ]
    return [*known_scores(table), *told]
