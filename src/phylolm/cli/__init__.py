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
    genome,
    identify,
    import_,
    init,
    page,
    pictures,
    predict,
    report,
    run,
    sequence,
    tree,
)
from phylolm.cli.atlas import audit, build, common, family, search
from phylolm.cli.console import fail, note
from phylolm.errors import PhylolmError

INTERRUPTED = 130

app = typer.Typer(
    name="phylolm",
    help="The family tree of language models, read from what they say.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
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


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("run")(run.run)
app.command("sequence")(sequence.sequence)
app.command("doctor")(doctor.doctor)
app.command("import")(import_.import_)
app.command("distance")(distance.distance)
app.command("tree")(tree.tree)
app.command("map")(pictures.map_)
app.command("heatmap")(pictures.heatmap)
app.command("identify")(identify.identify)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("select")(predict.select)
app.command("report")(report.report)
app.command("export")(page.export)
app.command("serve")(page.serve)
app.add_typer(genome.app, name="genome")
app.add_typer(bank.app, name="bank")
common.app.command("build")(build.build)
common.app.command("fetch")(build.fetch)
common.app.command("diff")(build.diff)
common.app.command("audit")(audit.audit)
common.app.command("search")(search.search)
common.app.command("stats")(search.stats)
common.app.command("family")(family.family)
app.add_typer(common.app, name="atlas")


def main() -> None:
    """The `phylolm` command: errors become one line and an exit code."""
    try:
        app()
    except PhylolmError as error:
        fail(str(error))
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            note("interrupted; what was finished is kept, the same command goes on from there")
        raise
    except BrokenPipeError:
        # The reader has gone; keep the interpreter from complaining when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
