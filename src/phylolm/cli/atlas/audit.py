"""phylolm atlas audit: where name, declaration and measurement disagree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.atlas.common import (
    AliasesOption,
    CatalogueArgument,
    ColumnOption,
    EdgesOption,
    lineage_of,
    load,
)
from phylolm.cli.console import emit, note, printable, require_suffix, table, warn
from phylolm.cli.options import JsonOption, with_options

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.atlas.audit import Finding
    from phylolm.atlas.lineage import Lineage


@with_options(source.Source)
def audit(
    chosen: source.Source,
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    probability: Annotated[
        float,
        typer.Option(
            "--probability", min=0, max=1, help="Minimum probability of a proposed parent."
        ),
    ] = 0.5,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of findings of each kind.")
    ] = 8,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="All findings as CSV.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Where do a model's name, its declared parents and measured distances disagree?

    Without a bank or distances only names and declarations are compared. Findings on licences are
    no legal advice.

    Example: phylolm atlas audit catalogue.csv --limit 5 -o findings.csv
    """
    import json

    from phylolm.atlas.audit import KINDS, to_table

    if output is not None:
        require_suffix(output, (".csv",), "findings")
    models = load(catalogue, column).models
    lineage = lineage_of(models, edges, aliases)
    _say_what_it_rests_on(lineage)
    findings = list(_findings(chosen, models, lineage, probability))
    if output is not None:
        emit(to_table(findings).to_csv(index=False), output)
    if as_json:
        emit(json.dumps([vars(each) for each in findings], indent=2, ensure_ascii=False), None)
        return
    for kind in KINDS:
        of_kind = [each for each in findings if each.kind == kind]
        if of_kind:
            of_kind.sort(key=lambda each: -(each.probability or 0))
            rows = [[each.model, each.why] for each in of_kind[:limit]]
            table(["model", "why"], rows, title=f"{kind}: {len(of_kind):,}")
            if of_kind[0].path:
                typer.echo(printable("first path: " + " < ".join(of_kind[0].path)))


def _say_what_it_rests_on(lineage: Lineage) -> None:
    from phylolm.atlas.parents import ENOUGH

    declared = len(lineage.edges)
    if declared >= ENOUGH:
        note(f"probabilities of parents rest on {declared:,} declared edges")
    else:
        warn(
            f"only {declared} edges are declared here: proposed parents are guesses by name, and "
            f"no probability is given (from {ENOUGH} edges on)"
        )


def _findings(
    chosen: source.Source, models: pd.DataFrame, lineage: Lineage, probability: float
) -> Iterator[Finding]:
    from phylolm.atlas import audit as rules

    yield from rules.findings(models, lineage, probability)
    if chosen.bank is not None or chosen.distances is not None:
        yield from rules.measured_kin(chosen.matrix(), lineage)
