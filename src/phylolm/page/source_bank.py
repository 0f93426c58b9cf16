"""A page of answers: banks, allele counts, finished analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from phylolm import defaults
from phylolm.bank.bank import Bank
from phylolm.distance.counts import AlleleCounts, without_silent
from phylolm.genome.genome import Genome
from phylolm.page.ofstudy import Shown
from phylolm.study.publish import Findings, parameters
from phylolm.tree.analysis import TreeOptions, analyse


def of_findings(found: Findings, genome: Genome | None = None) -> Shown:
    """A finished analysis."""
    return Shown(
        found.title,
        found.analysis.tree,
        found.analysis.distances,
        found.counts,
        {gene.id: gene.text for gene in genome.genes} if genome else {},
        found.families or {},
        found.colours or {},
        made=parameters(found.counts, found.options),
        notes=[f"{name}: {note}" for name, note in found.sections],
    )


def of_bank(
    bank: Bank, options: TreeOptions | None = None, progress: Callable[[int], None] | None = None
) -> Shown:
    """A bank, analysed as `phylolm report` does."""
    genome = bank.genome()
    counts, silent = without_silent(bank.counts(genome), defaults.MIN_ANSWERED)
    shown = of_counts(counts, genome, bank.path.resolve().name, options, progress)
    left_out = f"Left out, for they answer too little: {', '.join(silent)}."
    return replace(shown, notes=[left_out]) if silent else shown


def of_counts(
    counts: AlleleCounts,
    genome: Genome | None = None,
    title: str = "Family tree",
    options: TreeOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> Shown:
    """Allele counts, analysed. genome: for the genes' texts."""
    options = options or TreeOptions()
    done = analyse(counts, options, progress)
    return of_findings(Findings(title, counts, done, options), genome)
