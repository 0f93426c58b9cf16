"""phylolm atlas diff: what changed between two catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import ColumnOption, load
from phylolm.cli.console import emit, table
from phylolm.cli.options import JsonOption


def diff(
    old: Annotated[Path, typer.Argument(help="The earlier catalogue.")],
    new: Annotated[Path, typer.Argument(help="The later catalogue.")],
    column: ColumnOption = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Maximum number of rows of each kind.")
    ] = 20,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write all rows as .csv.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between two catalogues? Models that are new, gone or changed.

    Counts of downloads and likes are not compared. To take a snapshot use `phylolm atlas fetch`.

    Example: phylolm atlas diff old.parquet new.parquet --limit 5
    """
    import json

    import pandas as pd

    from phylolm.atlas.snapshot import difference

    rows = list(difference(load(old, column), load(new, column)))
    if output is not None:
        content = pd.DataFrame(rows, columns=["what", "model", "how"])
        emit(content.to_csv(index=False), output)
    if as_json:
        found = [{"what": what, "model": model, "how": how} for what, model, how in rows]
        emit(json.dumps(found, indent=2, ensure_ascii=False), None)
        return
    for what in ("new", "gone", "changed"):
        of_kind = [[model, how] for kind, model, how in rows if kind == what]
        typer.echo(f"{len(of_kind):,} {what}")
        if of_kind[:limit]:
            table(["model", "how"], of_kind[:limit])
