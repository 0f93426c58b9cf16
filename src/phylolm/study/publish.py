"""What a finished study publishes: tree, distances, pictures, and the report with its warnings.

Here: from `Findings` to files. Next door: `analysis` makes the tree, `figures` the pictures,
`report` the page; `study` and `demo` say what is published and where.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from phylolm import figures
from phylolm.distance.counts import AlleleCounts, format_lengths
from phylolm.distance.ordination import Ordination, pcoa
from phylolm.report import Report, Truth, write_report
from phylolm.tree.analysis import Analysis, TreeOptions
from phylolm.tree.files import write_tree
from phylolm.version import __version__

FEW_GENES = 30


@dataclass(frozen=True)
class Findings:
    """An analysis, what it was made of, and what people want to see beside it.

    colours: of families. sections: further (title, text) pairs of the report.
    """

    title: str
    counts: AlleleCounts
    analysis: Analysis
    options: TreeOptions
    families: Mapping[str, str] | None = None
    colours: Mapping[str, str] | None = None
    sections: Sequence[tuple[str, str]] = ()
    truth: Truth | None = None

    @cached_property
    def ordination(self) -> Ordination:
        return pcoa(self.analysis.distances)


def study_report(found: Findings) -> Report:
    """The report of an analysis, with how it was made and its caveats."""
    matrix = found.analysis.distances
    return Report(
        title=found.title,
        tree=found.analysis.tree,
        distances=matrix,
        ordination=found.ordination,
        families=found.families,
        colours=found.colours,
        sections=found.sections,
        parameters=parameters(found.counts, found.options),
        warnings=(*matrix.notes, *caveats_of(found.counts, found.analysis)),
        truth=found.truth,
        unit=f"{found.options.measure} distance",
    )


def write_study_report(found: Findings, path: Path) -> None:
    """Write `study_report` as one HTML file."""
    write_report(path, study_report(found))


def _write_tree(found: Findings, path: Path) -> None:
    write_tree(found.analysis.tree, path)


def _write_distances(found: Findings, path: Path) -> None:
    found.analysis.distances.save(path)


def _draw_tree(found: Findings, path: Path) -> None:
    style = figures.TreeStyle(colours=found.colours)
    figures.save(figures.plot_tree(found.analysis.tree, "rectangular", found.families, style), path)


def _draw_heatmap(found: Findings, path: Path) -> None:
    matrix, tree = found.analysis.distances, found.analysis.tree
    style = figures.HeatmapStyle(colours=found.colours)
    figures.save(figures.plot_heatmap(matrix, tree, found.families, style), path)


def _draw_map(found: Findings, path: Path) -> None:
    style = figures.MapStyle(colours=found.colours)
    figures.save(figures.plot_map(found.ordination, found.families, style), path)


RESULTS: Mapping[str, Callable[[Findings, Path], None]] = {
    "distances.csv": _write_distances,
    "tree.nwk": _write_tree,
    "tree.svg": _draw_tree,
    "heatmap.svg": _draw_heatmap,
    "map.svg": _draw_map,
    "report.html": write_study_report,
}
"""The files of a finished study and what writes each."""


def write_results(found: Findings, folder: Path, names: Collection[str] = tuple(RESULTS)) -> None:
    """Write a study's files, or some of them."""
    for name in names:
        RESULTS[name](found, folder / name)


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


def caveats_of(counts: AlleleCounts, done: Analysis) -> list[str]:
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
