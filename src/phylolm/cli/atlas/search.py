"""phylolm atlas stats: what a catalogue is made of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.atlas.common import PICTURES, CatalogueArgument, ColumnOption, load
from phylolm.cli.console import emit, note, require_suffix, table
from phylolm.errors import ConfigError


def stats(
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    by: Annotated[
        str, typer.Option(help="family, size, kind, task, licence, month, owner.")
    ] = "family",
    most: Annotated[int, typer.Option(min=1, help="Rows shown.")] = 25,
    words: Annotated[
        int, typer.Option(min=0, max=4, help="Also the commonest runs of so many words.")
    ] = 0,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help="Picture of likes against downloads: .svg .pdf .png."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Counts, likes against downloads, common words."""
    import json

    from phylolm.atlas import statistics as st
    from phylolm.atlas.names import names_table

    if by not in st.BY:
        raise ConfigError(f"can't count by {by!r}: {', '.join(st.BY)}")
    for path in output or ():
        require_suffix(path, PICTURES, "a picture")
    opened = load(catalogue, column)
    names = names_table(opened.ids)
    counts = st.count_by(st.features_of(opened.models, names), by).head(most)
    related = st.likes_and_downloads(opened.models)
    phrases = st.common_phrases(opened.ids, words, most) if words else None
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


def search(
    catalogue: CatalogueArgument,
    query: Annotated[str, typer.Argument(help="Some of a name; typos are forgiven.")] = "",
    column: ColumnOption = None,
    family: Annotated[str, typer.Option(help="llama, qwen, gpt2, …")] = "",
    owner: Annotated[str, typer.Option(help="User or organisation.")] = "",
    task: Annotated[str, typer.Option(help="text-generation, …")] = "",
    licence: Annotated[str, typer.Option("--licence", "--license", help="apache-2.0, …")] = "",
    kind: Annotated[
        str, typer.Option(help="original, finetune, quantized, merge or adapter.")
    ] = "",
    size: Annotated[str, typer.Option(help="Parameters, from-to: 1b-8b, 500m-, -13b.")] = "",
    min_downloads: Annotated[int | None, typer.Option(min=0)] = None,
    min_likes: Annotated[int | None, typer.Option(min=0)] = None,
    since: Annotated[str, typer.Option(help="Created then or later: YYYY-MM-DD.")] = "",
    before: Annotated[str, typer.Option(help="Created before: YYYY-MM-DD.")] = "",
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="Models shown.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Find models by name, typos allowed, and by what is known of them."""
    from phylolm.atlas.search import Filters
    from phylolm.atlas.search_index import folder_index, index_of

    low, high = _size_range(size)
    filters = Filters(
        family, owner, task, licence, kind, low, high, min_downloads, min_likes, since, before
    )
    kept = not column and (catalogue / "catalogue.parquet").is_file()
    index = folder_index(catalogue) if kept else index_of(load(catalogue, column).models)
    found = index.search(query, filters, most)
    if as_json:
        emit(found.to_json(orient="records", date_format="iso", indent=2), None)
        return
    columns = ["id", "family", "kind", "parameters", "licence", "downloads", "likes"]
    rows = [[_cell(value) for value in row] for row in found[columns].to_numpy(dtype=object)]
    table(columns, rows)


def _size_range(text: str) -> tuple[float | None, float | None]:
    """(low, high) of "1b-8b"; a single size means about that much."""
    from phylolm.atlas.columns import count_of

    if not text:
        return None, None
    written = text.partition("-")
    low, high = (count_of(end) if end else None for end in written[::2])
    if (low is None) == bool(written[0]) or (high is None) == bool(written[2]):
        raise ConfigError(f"--size {text}: write 1b-8b, 500m- or -13b")
    if low is not None and high is not None and low > high:
        raise ConfigError(
            f"--size {text} ends below where it begins: write {written[2]}-{written[0]}"
        )
    if written[1]:
        return low, high
    return (None, None) if low is None else (low * 0.8, low * 1.25)


def _cell(value: object) -> str:
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return ""
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
