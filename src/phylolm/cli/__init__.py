"""The command line: one file a command; each parses, calls, prints.

Heavy imports (numpy, torch, matplotlib) stay inside the commands' functions, so that help is
there at once. Expected errors are caught here, once, and shown as one line.
"""

from __future__ import annotations

import os
import sys

import typer

from phylolm.cli import (
    bank,
    compare,
    demo,
    distance,
    doctor,
    export,
    genome,
    heatmap,
    identify,
    import_,
    init,
    map,
    predict,
    report,
    run,
    select,
    sequence,
    serve,
    tree,
)
from phylolm.cli.atlas import (
    audit,
    build,
    clusters,
    diff,
    family,
    fetch,
    graph,
    name,
    search,
    show,
    stats,
)
from phylolm.cli.console import fail, note
from phylolm.errors import PhylolmError

INTERRUPTED = 130

app = typer.Typer(
    name="phylolm",
    help="The family tree of language models, read from what they say.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from phylolm.version import __version__

        typer.echo(f"phylolm {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


LOOK, SAMPLE, COMPARE = "Look", "Sample", "Compare"
PREDICT, SHARE, ATLAS = "Predict", "Share", "Atlas"
"""What people do; help shows the commands in these groups, in the order of the first of each."""

app.command("tree", rich_help_panel=LOOK)(tree.tree)
app.command("map", rich_help_panel=LOOK)(map.map_)
app.command("heatmap", rich_help_panel=LOOK)(heatmap.heatmap)
app.command("serve", rich_help_panel=LOOK)(serve.serve)
app.command("demo", rich_help_panel=LOOK)(demo.demo)
app.command("sequence", rich_help_panel=SAMPLE)(sequence.sequence)
app.command("doctor", rich_help_panel=SAMPLE)(doctor.doctor)
app.command("import", rich_help_panel=SAMPLE)(import_.import_)
app.command("init", rich_help_panel=SAMPLE)(init.init)
app.command("run", rich_help_panel=SAMPLE)(run.run)
app.add_typer(genome.app, name="genome", rich_help_panel=SAMPLE)
app.add_typer(bank.app, name="bank", rich_help_panel=SAMPLE)
app.command("identify", rich_help_panel=COMPARE)(identify.identify)
app.command("compare", rich_help_panel=COMPARE)(compare.compare)
app.command("distance", rich_help_panel=COMPARE)(distance.distance)
app.command("predict", rich_help_panel=PREDICT)(predict.predict)
app.command("select", rich_help_panel=PREDICT)(select.select)
app.command("export", rich_help_panel=SHARE)(export.export)
app.command("report", rich_help_panel=SHARE)(report.report)

atlas = typer.Typer(
    help="Explore a hub's catalogue: names, clusters, lineage, search, audit.",
    no_args_is_help=True,
)
atlas.command("fetch", rich_help_panel=SAMPLE)(fetch.fetch)
atlas.command("show", rich_help_panel=LOOK)(show.show)
atlas.command("name", rich_help_panel=LOOK)(name.name)
atlas.command("search", rich_help_panel=LOOK)(search.search)
atlas.command("stats", rich_help_panel=LOOK)(stats.stats)
atlas.command("family", rich_help_panel=LOOK)(family.family)
atlas.command("build", rich_help_panel=COMPARE)(build.build)
atlas.command("clusters", rich_help_panel=COMPARE)(clusters.clusters)
atlas.command("graph", rich_help_panel=COMPARE)(graph.graph)
atlas.command("audit", rich_help_panel=COMPARE)(audit.audit)
atlas.command("diff", rich_help_panel=COMPARE)(diff.diff)
app.add_typer(atlas, name="atlas", rich_help_panel=ATLAS)


def main() -> None:
    """The `phylolm` command: errors become one line and an exit code."""
    try:
        app()
    except PhylolmError as error:
        fail(str(error))
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            note("interrupted: finished work is kept; run the same command to resume")
        raise
    except BrokenPipeError:
        # The reader has gone; keep the interpreter from complaining when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
