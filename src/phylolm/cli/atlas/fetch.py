"""phylolm atlas fetch: a snapshot of a hub's catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli.console import bars, emit, note
from phylolm.cli.options import JsonOption


def fetch(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of snapshots.")],
    task: Annotated[str, typer.Option("--task", help="Task: text-generation, …")] = "",
    author: Annotated[str, typer.Option("--author", help="User or organisation.")] = "",
    tag: Annotated[str, typer.Option("--tag", help="A tag of the hub, such as gguf.")] = "",
    search: Annotated[str, typer.Option("--search", help="Words in the name.")] = "",
    min_downloads: Annotated[
        int,
        typer.Option("--min-downloads", min=0, help="Minimum downloads in the last 30 days."),
    ] = 0,
    since: Annotated[
        str, typer.Option("--since", help="Created on or after this date: YYYY-MM-DD.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Maximum number of models; 0 is all.")
    ] = 0,
    endpoint: Annotated[
        str, typer.Option("--endpoint", help="Address of the hub; default: Hugging Face.")
    ] = "",
    pause: Annotated[float, typer.Option("--pause", min=0, help="Seconds between requests.")] = 0.5,
    as_json: JsonOption = False,
) -> None:
    """Which models are on a hub now? Saves a snapshot of its catalogue.

    A later snapshot also says what is new, gone and changed. An interrupted one is resumed by the
    same command. If you have a table of models already, use `phylolm atlas show`. The token comes
    from HF_TOKEN.

    Example: phylolm atlas fetch --task text-generation --min-downloads 100 -o snapshots
    """
    import json

    from phylolm.atlas.catalogue import read_catalogue
    from phylolm.atlas.snapshot import Query, difference
    from phylolm.atlas.snapshot import fetch as fetch_snapshot

    query = Query(task, author, tag, search, min_downloads, since, limit)
    earlier = sorted(output.glob(f"models-*-{query.id}.parquet"))
    before = read_catalogue(earlier[-1]) if earlier else None
    with bars() as shown:
        path = fetch_snapshot(
            output,
            query,
            endpoint,
            pause,
            lambda models: shown("models", models, max(models, limit)),
        )
    now = read_catalogue(path)
    note(f"wrote {path}: {len(now):,} models")
    counts: dict[str, int] = {}
    if before is not None:
        counts = dict.fromkeys(("new", "gone", "changed"), 0)
        for what, _, _ in difference(before, now):
            counts[what] += 1
        note(f"since {earlier[-1].name}: " + ", ".join(f"{n:,} {k}" for k, n in counts.items()))
    if as_json:
        content = {"snapshot": str(path), "models": len(now), "changes": counts}
        emit(json.dumps(content, indent=2, ensure_ascii=False), None)
