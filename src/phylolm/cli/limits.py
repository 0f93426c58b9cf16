"""What commands may take of servers: the options they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from phylolm.models.budget import Limits

AtATimeOption = Annotated[
    int, typer.Option("--at-a-time", min=1, max=256, help="Calls to a server together.")
]
MaxCallsOption = Annotated[
    int | None, typer.Option("--max-calls", min=0, help="Most calls to servers, in all.")
]
MaxCostOption = Annotated[
    float | None, typer.Option("--max-cost", min=0.0, help="Most US dollars, in all.")
]
PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", help="Your own prices (TOML, as sampling/prices.toml)."),
]


def limits_of(
    concurrency: int,
    max_calls: int | None,
    max_cost: float | None,
    prices: Path | None,
    examine: bool = True,
) -> Limits:
    """The limits that the options say. Raises ConfigError for prices that can't be read."""
    from phylolm.models.budget import Budget, Limits, known_prices, read_prices

    table = known_prices() if prices is None else read_prices(prices)
    return Limits(concurrency, examine, Budget(max_calls, max_cost), table)
