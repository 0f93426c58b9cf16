"""What commands say: data on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from phylolm.errors import ConfigError
from phylolm.files import write_text

PARTIAL = 3
"""Exit code when some models failed and the others are kept."""


def note(text: str) -> None:
    """One line for the person at the terminal."""
    typer.echo(printable(text), err=True)


def warn(text: str) -> None:
    """A warning, on stderr."""
    typer.secho(f"warning: {printable(text)}", err=True, fg=typer.colors.YELLOW)


def fail(text: str) -> None:
    """An error, on stderr."""
    typer.secho(f"error: {printable(text)}", err=True, fg=typer.colors.RED)


def emit(text: str, output: Path | None) -> None:
    """Data: to a file, or to stdout when there is none or it is `-`."""
    if output is None or str(output) == "-":
        typer.echo(text, nl=not text.endswith("\n"))
    else:
        write_text(output, text)
        note(f"wrote {output}")


def printable(text: str) -> str:
    """One line without control characters: names of models may hold anything."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def table(columns: list[str], rows: list[list[str]], title: str = "") -> None:
    """A table on stdout, aligned; no markup is read from its cells."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heading = Text(printable(title)) if title else None
    drawn = Table(title=heading, box=box.SIMPLE, title_justify="left")
    widths = [max(len(row[place]) for row in [columns, *rows]) for place in range(len(columns))]
    least = 12
    widths[0] = max(widths[0], least)
    for place, column in enumerate(columns):
        # Only the widest column gives way to a narrow terminal.
        drawn.add_column(
            Text(column),
            overflow="fold",
            no_wrap=widths[place] < max(widths),
            min_width=least if place == 0 else None,
        )
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else sum(widths) + 4 * len(widths))
    console.print(drawn)


class Bars:
    """Progress bars on stderr, one a task; silent when stderr is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self.rich = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.tasks: dict[str, object] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        """Show `done` of `total` for the task called `name`."""
        if name not in self.tasks:
            self.tasks[name] = self.rich.add_task(printable(name)[:40], total=total)
        self.rich.update(self.tasks[name], completed=done, total=total)  # type: ignore[arg-type]


@contextmanager
def bars() -> Iterator[Bars]:
    """Progress bars for as long as the block runs."""
    drawn = Bars()
    with drawn.rich:
        yield drawn


def require_suffix(path: Path, suffixes: tuple[str, ...], what: str) -> None:
    """Refuse an output whose format isn't known, before any work is done."""
    if str(path) != "-" and path.suffix not in suffixes:
        raise ConfigError(f"can't write {what} to {path.name}: use {', '.join(suffixes)}")
