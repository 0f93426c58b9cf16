"""phylolm atlas search: models by name and other fields."""

from __future__ import annotations

from typing import Annotated

import typer

from phylolm.cli.atlas.common import CatalogueArgument, ColumnOption, load
from phylolm.cli.console import emit, table
from phylolm.cli.options import JsonOption
from phylolm.errors import ConfigError


def search(
    catalogue: CatalogueArgument,
    query: Annotated[str, typer.Argument(help="Part of a name; typos are tolerated.")] = "",
    column: ColumnOption = None,
    family: Annotated[str, typer.Option("--family", help="Family: llama, qwen, gpt2, …")] = "",
    author: Annotated[str, typer.Option("--author", help="User or organisation.")] = "",
    task: Annotated[str, typer.Option("--task", help="Task: text-generation, …")] = "",
    licence: Annotated[
        str, typer.Option("--licence", "--license", help="Licence: apache-2.0, …")
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="original, finetune, quantized, merge or adapter.")
    ] = "",
    size: Annotated[
        str, typer.Option("--size", help="Range of parameters: 1b-8b, 500m-, -13b.")
    ] = "",
    min_downloads: Annotated[
        int | None, typer.Option("--min-downloads", min=0, help="Minimum downloads.")
    ] = None,
    min_likes: Annotated[
        int | None, typer.Option("--min-likes", min=0, help="Minimum likes.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", help="Created on or after this date: YYYY-MM-DD.")
    ] = "",
    before: Annotated[
        str, typer.Option("--before", help="Created before this date: YYYY-MM-DD.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of models to list.")
    ] = 20,
    as_json: JsonOption = False,
) -> None:
    """Where in a catalogue is a model? Search by name, typos tolerated, and by other fields.

    On a large catalogue build an atlas first and search its folder: the index is kept there.

    Example: phylolm atlas search atlas "lama 3 8b" --kind quantized --limit 5
    """
    from phylolm.atlas.search import Filters
    from phylolm.atlas.search_index import folder_index, index_of

    low, high = _size_range(size)
    filters = Filters(
        family, author, task, licence, kind, low, high, min_downloads, min_likes, since, before
    )
    kept = not column and (catalogue / "catalogue.parquet").is_file()
    index = folder_index(catalogue) if kept else index_of(load(catalogue, column).models)
    found = index.search(query, filters, limit)
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
            f"--size {text} has its ends in the wrong order: write {written[2]}-{written[0]}"
        )
    if written[1]:
        return low, high
    return (None, None) if low is None else (low * 0.8, low * 1.25)


def _cell(value: object) -> str:
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return ""
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
