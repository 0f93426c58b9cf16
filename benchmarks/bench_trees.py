"""How fast trees are: neighbour joining against scikit-bio, its memory, bootstrap support.

    .venv/bin/python benchmarks/bench_trees.py [--quick] [-o trees.json]

Input: random Yule trees with exponential branch lengths, path lengths with 10 % noise. Times are
the least CPU seconds of a few repeats in this run, compilation left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from skbio import DistanceMatrix as SkbioMatrix
from skbio.tree import nj as skbio_nj

from phylolm.distance.matrix import DistanceMatrix
from phylolm.tree.build import neighbor_joining
from phylolm.tree.compare import robinson_foulds
from phylolm.tree.support import replicate_support
from phylolm.tree.tree import Tree

Row = dict[str, Any]


def yule(n: int, rng: np.random.Generator) -> Tree:
    """A random tree: every pair of lineages is the next to join with equal chance."""
    parent = np.full(2 * n - 1, -1)
    lineages = list(range(n))
    for joined in range(n, 2 * n - 1):
        for _ in range(2):
            i = int(rng.integers(len(lineages)))
            lineages[i], lineages[-1] = lineages[-1], lineages[i]
            parent[lineages.pop()] = joined
        lineages.append(joined)
    names = [f"m{i}" for i in range(n)] + [""] * (n - 1)
    return Tree.from_arrays(parent, rng.exponential(1.0, 2 * n - 1) + 0.01, names)


def add_noise(values: np.ndarray, rng: np.random.Generator, spread: float) -> None:
    """Multiply every distance by 1 + N(0, spread), in place and symmetric."""
    for i in range(len(values)):
        noisy = np.abs(values[i, :i] * (1 + rng.normal(0, spread, i)))
        values[i, :i] = noisy
        values[:i, i] = noisy


def noisy_distances(n: int, rng: np.random.Generator) -> DistanceMatrix:
    names, values = yule(n, rng).path_lengths()
    add_noise(values, rng, 0.1)
    return DistanceMatrix(names, values)


def timed(repeats: int, work: Callable[[], Any]) -> tuple[float, Any]:
    best, result = np.inf, None
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return float(best), result


def against_scikit_bio(n: int, repeats: int, rng: np.random.Generator) -> Row:
    d = noisy_distances(n, rng)
    matrix = SkbioMatrix(d.values, d.names)
    ours, tree = timed(max(repeats, 3), lambda: neighbor_joining(d))
    theirs, other = timed(repeats, lambda: skbio_nj(matrix))
    rf = robinson_foulds(tree, Tree.from_newick(str(other).strip())).rf
    return {
        "task": f"neighbour joining, n={n}",
        "seconds": ours,
        "scikit-bio": theirs,
        "ratio": theirs / ours,
        "same topology": rf == 0,
    }


def alone(n: int, rng: np.random.Generator) -> Row:
    d = noisy_distances(n, rng)
    before = _memory_now()
    seconds, _ = timed(1, lambda: neighbor_joining(d))
    return {
        "task": f"neighbour joining, n={n}",
        "seconds": seconds,
        "GB beyond the matrix, at most": (_peak_memory() - before) / 1e9,
        "GB of the matrix": d.values.nbytes / 1e9,
    }


def _memory_now() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bootstrap(n: int, replicates: int, kind: str, rng: np.random.Generator) -> Row:
    d = noisy_distances(n, rng)
    tree = neighbor_joining(d)
    blocks = list(_replicates(d, replicates, rng))
    run = lambda: replicate_support(tree, blocks, d.names, kind=kind, threads=1)  # noqa: E731
    return {
        "task": f"{replicates} replicates, n={n}: NJ and {kind} support",
        "seconds": timed(3, run)[0],
    }


def _replicates(d: DistanceMatrix, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for _ in range(0, count, 50):
        block = np.repeat(d.values[None], 50, axis=0)
        for values in block:
            add_noise(values, rng, 0.05)
        yield block


def measure(quick: bool) -> Iterator[Row]:
    rng = np.random.default_rng(2026)
    bootstrap(20, 50, "felsenstein", rng)  # compiles
    bootstrap(20, 50, "transfer", rng)
    # The largest first: peak memory only ever rises, so later rows would see this one's.
    yield alone(2000 if quick else 16000, rng)
    for n, repeats in ((156, 20), (1000, 3)) if quick else ((156, 20), (1000, 5), (4000, 1)):
        yield against_scikit_bio(n, repeats, rng)
    for kind in ("felsenstein", "transfer"):
        yield bootstrap(156, 100 if quick else 1000, kind, rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, seconds")
    parser.add_argument("-o", "--output", type=Path, help="write the rows as JSON")
    chosen = parser.parse_args()
    rows = []
    for row in measure(chosen.quick):
        rows.append(row)
        figures = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        print("  ".join(figures).removeprefix("task "), flush=True)
    if chosen.output:
        chosen.output.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
