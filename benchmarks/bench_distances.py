"""How fast distances are: similarity against plain Python loops, bootstrap, 20,000 models.

    .venv/bin/python benchmarks/bench_distances.py [--quick] [-o distances.json]

Input: simulated allele counts, about 16 distinct alleles a model and gene out of 200 a gene.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.measures import distances
from phylolm.tree.analysis import TreeOptions, analyse

GENES, PROBES, ALLELES = 128, 32, 200


def simulated(models: int, genes: int = GENES, seed: int = 0) -> AlleleCounts:
    """Counts of `models` models: each gene's alleles by a skewed distribution, mixed by family."""
    rng = np.random.default_rng(seed)
    family = rng.integers(0, max(models // 8, 1), models)
    shared = rng.dirichlet(np.full(ALLELES, 0.15), size=(family.max() + 1, genes))
    columns, values, ends = [], [], [0]
    for model in range(models):
        p = 0.9 * shared[family[model]] + 0.1 / ALLELES
        counts = rng.multinomial(PROBES, p / p.sum(axis=1, keepdims=True))
        gene, allele = np.nonzero(counts)
        columns.append((gene * ALLELES + allele).astype(np.int32))
        values.append(counts[gene, allele].astype(np.uint8))
        ends.append(ends[-1] + len(gene))
    table = sparse.csr_array(
        (np.concatenate(values).astype(float), np.concatenate(columns), np.array(ends, np.int32)),
        shape=(models, genes * ALLELES),
    )
    locus = np.repeat(np.arange(genes, dtype=np.int32), ALLELES)
    return AlleleCounts(
        tuple(f"m{i}" for i in range(models)),
        tuple(f"g{i}" for i in range(genes)),
        (4,),
        locus,
        tuple(str(i % ALLELES) for i in range(genes * ALLELES)),
        table,
        np.full((models, genes), float(PROBES)),
    )


def loops(counts: AlleleCounts) -> tuple[float, float, np.ndarray]:
    """Nei 1972 by loops over dictionaries: the published way."""
    frame = counts.to_pandas()
    models: list[list[dict[str, float]]] = [[{} for _ in counts.genes] for _ in counts.models]
    place = {gene: k for k, gene in enumerate(counts.genes)}
    row = {model: k for k, model in enumerate(counts.models)}
    for model, gene, allele, share in zip(
        frame["model"], frame["gene"], frame["allele"], frame["frequency"], strict=True
    ):
        models[row[model]][place[gene]][allele] = share
    return _loop_matrix(models)


def _joint(first: list[dict[str, float]], second: list[dict[str, float]]) -> float:
    total = 0.0
    for p, q in zip(first, second, strict=True):
        for allele, share in p.items():
            if allele in q:
                total += share * q[allele]
    return total


def _loop_matrix(models: list[list[dict[str, float]]]) -> tuple[float, float, np.ndarray]:
    """Seconds of the formula taken pair by pair, of the same with own sums kept, and the result."""
    m = len(models)
    result = np.zeros((m, m))
    started = time.perf_counter()
    own = [_joint(model, model) for model in models]
    for i, first in enumerate(models):
        for j in range(i):
            value = _joint(first, models[j]) / math.sqrt(own[i] * own[j])
            result[i, j] = result[j, i] = -math.log(max(value, 1e-10))
    kept = time.perf_counter() - started
    started = time.perf_counter()
    for i, first in enumerate(models):
        for second in models[:i]:
            joint, mine, its = _joint(first, second), _joint(first, first), _joint(second, second)
            max(joint / math.sqrt(mine * its), 1e-10)
    return time.perf_counter() - started, kept, result


def timed(repeats: int, work: Callable[[], Any]) -> tuple[float, Any]:
    best, result = math.inf, None
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return best, result


def without_errors(counts: AlleleCounts) -> Any:
    """Distances alone (the loops have no standard errors), through the tiles of large banks."""
    from phylolm.distance import measures

    kept, measures.PAIR_TABLE_BYTES = measures.PAIR_TABLE_BYTES, 0
    try:
        counts.__dict__.pop("frequencies", None)
        return distances(counts, "nei1972")
    finally:
        measures.PAIR_TABLE_BYTES = kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, seconds")
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    chosen = parser.parse_args()
    figures: dict[str, float] = {}
    counts = simulated(40 if chosen.quick else 156)
    figures["loops_s"], figures["loops_own_kept_s"], slow = loops(counts)
    figures["ours_s"], fast = timed(7, lambda: without_errors(counts))
    figures["ratio"] = figures["loops_s"] / figures["ours_s"]
    figures["largest_difference"] = float(np.abs(slow - fast.values).max())
    figures["with_errors_s"], _ = timed(3, lambda: distances(counts))
    analyse(counts, TreeOptions(replicates=8))  # compiles
    figures["bootstrap_1000_s"], _ = timed(2, lambda: analyse(counts, TreeOptions()))
    print(f"similarity, {counts.n_models} models x {GENES} genes x {PROBES} probes")
    print(f"  plain Python loops {figures['loops_s']:.2f} s, ours {figures['ours_s']:.4f} s")
    print(f"  loops that keep each model's own sum {figures['loops_own_kept_s']:.2f} s")
    print(f"  ratio {figures['ratio']:.0f}x, most different {figures['largest_difference']:.1e}")
    print(f"  with jackknife standard errors {figures['with_errors_s']:.3f} s")
    print(f"distances, tree, 1,000 bootstrap replicates {figures['bootstrap_1000_s']:.2f} s")
    many = simulated(1_000 if chosen.quick else 20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    figures["many_s"], result = timed(1, lambda: without_errors(many))
    figures["many_peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{many.n_models:,} models in tiles {figures['many_s']:.0f} s")
    print(f"  peak memory {figures['many_peak_gb']:.1f} GB, {before:.1f} GB before")
    if chosen.output:
        chosen.output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
