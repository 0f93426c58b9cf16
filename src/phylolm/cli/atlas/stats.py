"""phylolm atlas stats: what a catalogue is made of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import CatalogueArgument, ColumnOption, load
from phylolm.cli.console import emit, note, require_suffix, table
from phylolm.cli.options import PICTURES, JsonOption
from phylolm.errors import ConfigError


def stats(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    by: Annotated[
        str,
        typer.Option("--by", help="Count by family, size, kind, task, licence, month or owner."),
    ] = "family",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of rows of a table.")
    ] = 25,
    words: Annotated[
        int,
        typer.Option("--words", min=0, max=4, help="Also the most frequent n-grams of N words."),
    ] = 0,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", help="Plot likes against downloads: .svg .pdf .png (repeatable)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What is a catalogue made of? Counts by a field, likes against downloads, frequent n-grams.

    Families and sizes are read from names where the catalogue does not state them. To find single
    models use `phylolm atlas search`.

    Example: phylolm atlas stats catalogue.csv --by licence --limit 10
    """
    import json

    from phylolm.atlas import statistics as st
    from phylolm.atlas.names import names_table

    if by not in st.BY:
        raise ConfigError(f"can't count by {by!r}: {', '.join(st.BY)}")
    for path in output or ():
        require_suffix(path, PICTURES, "a picture")
    opened = load(catalogue, column)
    names = names_table(opened.ids)
    counts = st.count_by(st.features_of(opened.models, names), by).head(limit)
    related = st.likes_and_downloads(opened.models)
    phrases = st.common_phrases(opened.ids, words, limit) if words else None
    if as_json:
        content = {
            "models": len(opened), "by": by, "counts": counts.to_dict("records"),
            "likes_and_downloads": [asdict(each) for each in related],
            "phrases": [] if phrases is None else phrases.to_dict("records"),
        }  # fmt: skip
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
    else:
        typer.echo(f"{len(opened):,} models")
        _table([by, "models"], counts.to_numpy().tolist())
        if phrases is not None:
            _table(["phrase", "models"], phrases.to_numpy().tolist())
        lines = [
            [c.scale, f"{c.value:.3f}", f"{c.low:.3f} to {c.high:.3f}", c.models] for c in related
        ]
        if lines:
            _table(["likes and downloads", "r", "95 % interval", "models"], lines)
    for path in output or ():
        from phylolm.atlas.pictures import likes_picture
        from phylolm.figures import save

        save(likes_picture(opened, names), path)
        note(f"wrote {path}")


def _table(columns: list[str], rows: list[list[object]]) -> None:
    cells = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in rows]
    table(columns, cells)
