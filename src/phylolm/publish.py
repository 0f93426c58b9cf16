"""What a finished study publishes: the report with its parameters and warnings.

Here: from an analysis to a `Report`. Next door: `analysis` makes the tree, `report` the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from phylolm.analysis import Analysis, TreeOptions
from phylolm.frequencies import AlleleCounts, format_lengths
from phylolm.ordination import pcoa
from phylolm.report import Report, Truth, write_report
from phylolm.version import __version__

FEW_GENES = 30


def study_report(
    title: str,
    counts: AlleleCounts,
    done: Analysis,
    options: TreeOptions,
    families: Mapping[str, str] | None = None,
    truth: Truth | None = None,
) -> Report:
    """The report of an analysis, with how it was made and what to distrust."""
    return Report(
        title=title,
        tree=done.tree,
        distances=done.distances,
        ordination=pcoa(done.distances),
        families=families,
        parameters=parameters(counts, options),
        warnings=(*done.distances.notes, *cautions(counts, done)),
        truth=truth,
        unit=f"{options.measure} distance",
    )


def write_study_report(
    path: Path,
    title: str,
    counts: AlleleCounts,
    done: Analysis,
    options: TreeOptions,
    families: Mapping[str, str] | None = None,
    truth: Truth | None = None,
) -> None:
    """Write `study_report` as one HTML file."""
    write_report(path, study_report(title, counts, done, options, families, truth))


def parameters(counts: AlleleCounts, options: TreeOptions) -> dict[str, object]:
    """How an analysis was made, name to value."""
    return {
        "models": counts.n_models,
        "genes": counts.n_genes,
        "probes a gene": _span(counts.probes[counts.present]),
        "allele length": format_lengths(counts.lengths),
        "measure": options.measure,
        "tree method": options.method,
        "root": options.root,
        "bootstrap replicates": options.replicates,
        "support": options.support,
        "seed": options.seed,
        "phylolm": __version__,
    }


def cautions(counts: AlleleCounts, done: Analysis) -> list[str]:
    """What these data in particular leave uncertain."""
    found = []
    genes = done.distances.genes
    if genes is not None and int(np.min(genes)) < FEW_GENES:
        found.append(f"Some pairs of models share as few as {int(np.min(genes))} genes.")
    single = int((counts.probes == 1).any(axis=1).sum())
    if single:
        found.append(
            f"{single} models have genes with a single probe: their distances hold sampling "
            "noise, and whether two of them are the same model can't be tested."
        )
    return found


def _span(probes: np.ndarray) -> str:
    low, high = float(probes.min()), float(probes.max())
    shown = ["exact" if np.isinf(value) else f"{value:.0f}" for value in (low, high)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"
