"""What commands may take of servers: the options they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from phylolm.models.budget import Limits

ConcurrencyOption = Annotated[
    int,
    typer.Option("--concurrency", min=1, max=256, help="Number of concurrent requests."),
]
MaxCallsOption = Annotated[
    int | None,
    typer.Option("--max-calls", min=0, help="Maximum number of API requests, all models together."),
]
MaxCostOption = Annotated[
    float | None,
    typer.Option("--max-cost", min=0.0, help="Maximum cost in US dollars, all models together."),
]
PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", help="Your own prices (TOML, in the form of models/prices.toml)."),
]


def limits_of(
    concurrency: int,
    max_calls: int | None,
    max_cost: float | None,
    prices: Path | None,
    check: bool = True,
) -> Limits:
    """The limits that the options say. Raises ConfigError for prices that can't be read."""
    from phylolm.models.budget import Budget, Limits, known_prices, read_prices

    table = known_prices() if prices is None else read_prices(prices)
    return Limits(concurrency, check, Budget(max_calls, max_cost), table)
