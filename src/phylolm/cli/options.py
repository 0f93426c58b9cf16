"""Options that several commands share, and how a command takes a whole set of them.

Here: the options that mean the same everywhere, and `with_options`. Next door: `source` and
`page_source` hold the sets.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
BankOption = Annotated[Path, typer.Option("--bank", "-b", help="Bank folder.")]
NewBankOption = Annotated[
    Path, typer.Option("--bank", "-b", help="Bank folder to add to; made if it does not exist.")
]
MethodOption = Annotated[
    str, typer.Option("--method", help="Tree method: nj, bionj, bme or upgma.")
]
ReplicatesOption = Annotated[
    int, typer.Option("--bootstrap", min=0, help="Number of bootstrap replicates (over genes).")
]
RootOption = Annotated[
    str, typer.Option("--root", help="Root: midpoint, mad, none or outgroup:NAME.")
]

PICTURES = (".svg", ".pdf", ".png")


def with_options(kind: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command all fields of the dataclass `kind` as options.

    The command takes an instance of `kind` as its first parameter. Typer, which reads options
    from a function's signature, sees one option for each field instead of that parameter:

        @with_options(BankSource)
        def distance(chosen: BankSource, pairs: PairsOption = False) -> None: ...

    is to typer

        def distance(*, pairs: PairsOption = False, bank: BankOption = None, genome: …, …): ...
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        names = [field.name for field in fields(kind)]

        @wraps(command)
        def run(**given: Any) -> None:
            chosen = kind(**{name: given.pop(name) for name in names})
            command(chosen, **given)

        _, *own = inspect.signature(command).parameters.values()
        shared = inspect.signature(kind).parameters.values()
        hints = {
            **get_type_hints(command, include_extras=True),
            **get_type_hints(kind, include_extras=True),
        }
        run.__annotations__ = {each.name: hints[each.name] for each in (*own, *shared)}
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[each.name])
                for each in (*own, *shared)
            ]
        )
        return run

    return decorate
