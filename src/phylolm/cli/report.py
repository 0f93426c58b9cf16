"""phylolm report: one offline page with tree, heatmap, map, kin and caveats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phylolm import defaults
from phylolm.cli import source
from phylolm.cli.console import bars, note, require_suffix
from phylolm.cli.options import MethodOption, ReplicatesOption, RootOption, with_options


@with_options(source.BankSource)
def report(
    chosen: source.BankSource,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option("--title", help="Title of the page.")] = "Family tree",
    families: source.FamiliesOption = None,
    method: MethodOption = defaults.TREE_METHOD,
    replicates: ReplicatesOption = defaults.REPLICATES,
    root: RootOption = defaults.ROOT,
) -> None:
    """What did this bank show? One HTML file to read or send: tree, heatmap, map, kin, caveats.

    To explore the models interactively use `phylolm serve` or `phylolm export`.

    Example: phylolm report --bank bank -o report.html
    """
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
