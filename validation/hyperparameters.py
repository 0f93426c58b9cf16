"""The study of G (genes) and N (probes): error against a deep reference, plug-in beside unbiased.

As in the published study: stacks of G genes, the first N probes of each; the error is the root
mean square difference of similarities to a reference. Theirs is 2,048 other genes at N=128, by the
plug-in, so that its own bias is in the truth; ours is all 288 genes with 128 further probes, by the
unbiased estimator. Five models as there: two bases, a child of each, a third base. The zero
diagonal is left out of the mean, and the standard error divides by the number of stacks used.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.measures import distances
from phylolm.figures import save
from phylolm.genome.genome import Genome
from validation.common import RESULTS, bank_of, grown, table, write

ZOO_SEED = 1
GENOMES = ("math", "code")
ALL_GENES = 288
GENES = (16, 32, 64, 128)
PROBES = (8, 16, 32, 64, 128)
MEASURES = ("nei1972", "nei1978")
MODELS = ("alder", "alder-code", "birch", "birch-talk", "elm")
REFERENCE_PROBES = 128


def main() -> None:
    blocks, errors = [], {}
    for genome in GENOMES:
        loaded = Genome.load(genome, ALL_GENES)
        probes = _probes(loaded)
        truth = _similarity(_reference(probes, loaded), "nei1978")
        counts = {n: _counts(probes[probes["draw"] < n], loaded) for n in PROBES}
        for measure in MEASURES:
            cells = {(g, n): _error(counts[n], truth, measure, g) for g in GENES for n in PROBES}
            errors[genome, measure] = cells
            rows = [
                [n, *(f"{cells[g, n][0]:.4f} ± {cells[g, n][1]:.4f}" for g in GENES)]
                for n in PROBES
            ]
            blocks += [f"## {genome}, {measure}", table(["N", *(f"G={g}" for g in GENES)], rows)]
    save(_figure(errors), RESULTS / "hyperparameters.svg")
    blocks += ["![Error against G and N](hyperparameters.svg)", _genomes_against_each_other()]
    write("hyperparameters", "How many genes and probes: error of the similarity", *blocks)


def _probes(genome: Genome) -> pd.DataFrame:
    """All probes of the first models of the zoo, sampled on first use."""
    zoo = replace(grown(ZOO_SEED), models=MODELS)
    bank = bank_of(zoo, genome, max(PROBES) + REFERENCE_PROBES)
    return bank.probes(zoo.models, genome.gene_ids)


def _counts(table: pd.DataFrame, genome: Genome) -> AlleleCounts:
    return AlleleCounts.from_probes(table, genes=genome.gene_ids, length=4)


def _reference(table: pd.DataFrame, genome: Genome) -> AlleleCounts:
    """Counts of the probes that no cell of the study uses."""
    return _counts(table[table["draw"] >= max(PROBES)], genome)


def _similarity(counts: AlleleCounts, measure: str) -> np.ndarray:
    return np.exp(-distances(counts, measure).values)


def _error(
    counts: AlleleCounts, truth: np.ndarray, measure: str, genes: int
) -> tuple[float, float]:
    """Root mean square error over pairs, mean over stacks of `genes`, and its standard error."""
    pairs = np.triu_indices(counts.n_models, 1)
    stacks = []
    for start in range(0, ALL_GENES - genes + 1, genes):
        stack = counts.select_genes(range(start, start + genes))
        difference = (_similarity(stack, measure) - truth)[pairs]
        stacks.append(float(np.sqrt((difference**2).mean())))
    return float(np.mean(stacks)), float(np.std(stacks, ddof=1) / np.sqrt(len(stacks)))


def _figure(errors: dict) -> Figure:  # type: ignore[type-arg]
    figure = Figure(figsize=(10, 4))
    axes = figure.subplots(1, len(GENOMES), sharey=True)
    for axis, genome in zip(axes, GENOMES, strict=True):
        for measure, style in zip(MEASURES, ("--", "-"), strict=True):
            for n, shade in zip(PROBES, np.linspace(0.05, 0.85, len(PROBES)), strict=True):
                values = [errors[genome, measure][g, n] for g in GENES]
                axis.errorbar(
                    range(len(GENES)), [v[0] for v in values], [v[1] for v in values],
                    color=_plasma(shade), linestyle=style, linewidth=1.8,
                    label=f"N={n}" if style == "-" else None,
                )  # fmt: skip
        axis.set_xticks(range(len(GENES)), [str(g) for g in GENES])
        axis.set_xlabel("genes G")
        axis.set_title(f"{genome}: solid nei1978, dashed nei1972")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("RMS error of similarity")
    axes[0].set_ylim(0)
    axes[-1].legend(frameon=False)
    figure.tight_layout()
    return figure


def _plasma(shade: float):  # type: ignore[no-untyped-def]
    from matplotlib import colormaps

    return colormaps["plasma"](shade)


def _genomes_against_each_other() -> str:
    """Correlation of the math and code genomes' similarities."""
    found = []
    for genome in GENOMES:
        loaded = Genome.load(genome, ALL_GENES)
        counts = _reference(_probes(loaded), loaded)
        found.append(_similarity(counts, "nei1978")[np.triu_indices(counts.n_models, 1)])
    r = float(np.corrcoef(found[0], found[1])[0, 1])
    pairs = len(found[0])
    return f"Similarities by math and by code ({pairs} pairs, reference probes): r = {r:.3f}."
