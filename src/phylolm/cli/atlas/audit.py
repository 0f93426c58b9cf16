"""phylolm atlas audit: where name, declaration and measurement disagree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.atlas.common import CatalogueArgument, ColumnOption, load
from phylolm.cli.atlas.family import AliasesOption, EdgesOption, lineage_of
from phylolm.cli.console import emit, note, printable, require_suffix, table, warn

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.atlas.audit import Finding
    from phylolm.atlas.lineage import Lineage


@source.takes_source
def audit(
    chosen: source.Source,
    catalogue: CatalogueArgument,
    column: ColumnOption = None,
    edges: EdgesOption = None,
    aliases: AliasesOption = None,
    probability: Annotated[
        float, typer.Option(min=0, max=1, help="Least probability of a proposed parent.")
    ] = 0.5,
    most: Annotated[int, typer.Option(min=1, help="Findings of a kind shown.")] = 8,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="All findings as CSV.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Where name, declaration and (with a bank or distances) measurement disagree."""
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
            rows = [[each.model, each.why] for each in of_kind[:most]]
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
