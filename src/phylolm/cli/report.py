"""phylolm report: one offline page with tree, heatmap, map, kin and what to distrust."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import bars, note, require_suffix


@source.takes_source
def report(
    chosen: source.BankSource,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option(help="Title of the page.")] = "Family tree",
    families: source.FamiliesOption = None,
    method: Annotated[str, typer.Option(help="nj, bionj, bme or upgma.")] = "nj",
    replicates: Annotated[int, typer.Option("--bootstrap", min=0)] = 1000,
    root: Annotated[str, typer.Option(help="midpoint, mad, none or outgroup:NAME.")] = "midpoint",
) -> None:
    """One HTML file, readable offline: tree, heatmap, map, nearest kin, parameters, cautions."""
    from phylolm.study.publish import Findings, write_study_report
    from phylolm.tree.analysis import TreeOptions, analyse

    require_suffix(output, (".html",), "a report")
    colours = source.read_families(families)
    counts = chosen.counts()
    options = TreeOptions(method=method, measure=chosen.measure, replicates=replicates, root=root)
    with bars() as shown:
        done = analyse(counts, options, lambda k: shown("bootstrap replicates", k, replicates))
    write_study_report(Findings(title, counts, done, options, colours), output)
    note(f"wrote {output}: {counts.n_models} models; open it in a browser")
