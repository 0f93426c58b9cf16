"""phylolm atlas show: what a catalogue holds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phylolm.cli.atlas.common import AsOfOption, CatalogueArgument, ColumnOption, load
from phylolm.cli.console import emit, note, printable, require_suffix, table
from phylolm.cli.options import JsonOption

if TYPE_CHECKING:
    from phylolm.atlas.catalogue import Catalogue


def show(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    as_of: AsOfOption = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the table as understood: .parquet or .csv."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What does a catalogue hold? Its columns as they are understood, and how full they are.

    For counts of models by family, size or licence use `phylolm atlas stats`.

    Example: phylolm atlas show catalogue.csv
    """
    import json

    if output is not None:
        require_suffix(output, (".parquet", ".csv"), "a catalogue")
    opened = load(catalogue, column, as_of)
    fields = _fields(opened)
    if as_json:
        content = {
            "source": opened.source,
            "models": len(opened),
            "fields": fields,
            "unread": [asdict(cell) for cell in opened.unread],
        }
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
    else:
        _print(opened, fields)
    if output is not None:
        opened.save(output)
        note(f"wrote {output}: {len(opened):,} models")


def _fields(opened: Catalogue) -> list[dict[str, Any]]:
    """What is known of each field."""
    found = []
    for field in opened.models:
        cells = opened.models[field]
        known = cells.notna() & (cells.astype("str") != "")
        found.append(
            {
                "field": str(field),
                "column": opened.chosen.get(str(field)),
                "known": int(known.sum()),
                "first": str(cells[known].iloc[0]) if known.any() else "",
            }
        )
    return found


def _print(opened: Catalogue, fields: list[dict[str, Any]]) -> None:
    typer.echo(printable(f"{opened.source}: {len(opened):,} models"))
    rows = [
        [each["field"], each["column"] or "-", f"{each['known']:,}", each["first"][:60]]
        for each in fields
    ]
    table(["field", "column", "known", "first"], rows)
    if opened.unread:
        bad = [[f"{cell.row:,}", cell.column, cell.text] for cell in opened.unread]
        table(["row", "column", "cell"], bad, title=f"cells left empty: {len(bad):,}")
