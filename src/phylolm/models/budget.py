"""What sampling remote models may use: calls at a time, calls in all, money.

Here: `Limits`, the `Budget` that all models of a run share, and the table of prices. Next door:
`retry` asks the budget before every call.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from math import isfinite
from pathlib import Path
from threading import Lock
from typing import Any

from phylolm.errors import BudgetError, ConfigError
from phylolm.files import read_text

CONCURRENCY = 8
"""Calls under way together unless told otherwise."""

_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    tokens_in: float
    tokens_out: float

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """Dollars for so many tokens."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / _MILLION


FREE = Price(0.0, 0.0)


@dataclass(frozen=True)
class Prices:
    """Prices by model spec, and the day they were looked up."""

    date: str
    table: Mapping[str, Price]


class Budget:
    """Counts calls and dollars against what is allowed; used by several threads."""

    def __init__(self, max_calls: int | None = None, max_cost: float | None = None) -> None:
        if max_cost is not None and not (isfinite(max_cost) and max_cost >= 0):
            raise ConfigError(f"a budget of {max_cost} dollars makes no sense")
        self.max_calls, self.max_cost = max_calls, max_cost
        self.calls, self.cost = 0, 0.0
        self._lock = Lock()

    def reserve(self, cost: float) -> None:
        """Before a call that may cost so much. Raises BudgetError if that is too much."""
        with self._lock:
            if self.max_calls is not None and self.calls >= self.max_calls:
                raise self._spent(f"{self.max_calls:,} calls")
            if self.max_cost is not None and self.cost + cost > self.max_cost:
                raise self._spent(f"${self.max_cost:,.2f}")
            self.calls += 1
            self.cost += cost

    def correct(self, difference: float) -> None:
        """After a call that cost something else than was reserved."""
        with self._lock:
            self.cost += difference

    def _spent(self, what: str) -> BudgetError:
        return BudgetError(
            f"the budget of {what} is used up: what came is kept, the same command with a larger "
            "one goes on from there"
        )


@cache
def known_prices() -> Prices:
    """The table that comes with phylolm."""
    text = (resources.files("phylolm.models") / "prices.toml").read_text(encoding="utf-8")
    return _parse(text, "prices.toml")


def read_prices(path: Path) -> Prices:
    """A table of one's own; it goes before the one that comes with phylolm."""
    own = _parse(read_text(path), str(path))
    return Prices(own.date, {**known_prices().table, **own.table})


@cache
def known_rates() -> Mapping[str, float]:
    """Calls a minute that providers allow, where they say so."""
    text = (resources.files("phylolm.models") / "rates.toml").read_text(encoding="utf-8")
    return {name: float(calls) for name, calls in tomllib.loads(text)["calls_a_minute"].items()}


def _parse(text: str, where: str) -> Prices:
    """Raises ConfigError naming what is wrong."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from None
    table = {
        f"{backend}:{model}": _price(pair, f"{where}: {backend}:{model}")
        for backend, models in said.items()
        if isinstance(models, dict)
        for model, pair in models.items()
    }
    return Prices(str(said.get("date", "an unknown day")), table)


def _price(pair: Any, where: str) -> Price:
    numbers = isinstance(pair, list) and all(isinstance(each, int | float) for each in pair)
    if not numbers or len(pair) != 2 or not all(0 <= each < _MILLION for each in pair):
        raise ConfigError(f"{where}: a price is [in, out] in dollars for a million tokens")
    return Price(float(pair[0]), float(pair[1]))


@dataclass(frozen=True)
class Limits:
    """concurrency: calls under way together. examine: look at a server before its first probe.
    prices: what calls cost, where that is known."""

    concurrency: int = CONCURRENCY
    examine: bool = True
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=known_prices)
