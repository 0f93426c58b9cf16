"""phylolm compare: are two models the same?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit
from phylolm.cli.options import JsonOption, with_options


@with_options(source.BankSource)
def compare(
    chosen: source.BankSource,
    first: Annotated[str, typer.Argument(help="A model of the bank.")],
    second: Annotated[str, typer.Argument(help="Another model of the bank.")],
    as_json: JsonOption = False,
) -> None:
    """Are two models the same, and how far apart are they? A two-sample permutation test.

    With few genes or probes the answer may be "can't tell". To search for unknown kin use
    `phylolm identify`.

    Example: phylolm compare gpt2 mine --bank bank
    """
    from phylolm.ancestry import kin
    from phylolm.cli.console import printable

    result = kin.compare(chosen.counts(first, second), first, second, chosen.measure)
    if as_json:
        emit(json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False), None)
        return
    p_value = "not testable" if result.p_value is None else f"p = {result.p_value:.4g}"
    typer.echo(printable(f"{result.first} and {result.second}: {result.verdict}"))
    typer.echo(
        f"distance {result.distance:.4f} (95 % interval {result.low:.4f} to {result.high:.4f}), "
        f"{p_value}, {result.genes} genes"
    )
