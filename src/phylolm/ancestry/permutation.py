"""The compiled loop of the permutation test of sameness (see `kin`)."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shuffled_statistics(
    cells: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    bounds: npt.NDArray[np.int64],
    permutations: int,
    seed: int,
) -> tuple[float, npt.NDArray[np.float64]]:
    """T as observed, and T of `permutations` shuffles of the probes within each gene.

    cells: int64 (2, c) counts of each allele in the two models. codes: int64 (l, c), for each of
    l lengths the number (from 0, within the gene) of the shorter allele that a column begins
    with. bounds: int64 (g + 1,), columns of gene k are bounds[k]:bounds[k + 1].
    """
    np.random.seed(seed)
    observed = 0.0
    null = np.zeros(permutations)
    for gene in range(len(bounds) - 1):
        start, stop = bounds[gene], bounds[gene + 1]
        mine, its = cells[0, start:stop], cells[1, start:stop]
        n, m = mine.sum(), its.sum()
        if n == 0 or m == 0:
            continue
        here = codes[:, start:stop]
        observed += _statistic(mine, mine + its, here, n, m)
        labels = np.repeat(np.arange(stop - start), mine + its)
        drawn = np.zeros(stop - start, dtype=np.int64)
        for replicate in range(permutations):
            drawn[:] = 0
            for k in range(n):
                other = np.random.randint(k, n + m)
                labels[k], labels[other] = labels[other], labels[k]
                drawn[labels[k]] += 1
            null[replicate] += _statistic(drawn, mine + its, here, n, m)
    return observed, null


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _statistic(
    drawn: npt.NDArray[np.int64],
    pooled: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    n: int,
    m: int,
) -> float:
    """Sum over lengths and alleles of (p - q)^2, for one gene."""
    total = 0.0
    difference = np.zeros(len(drawn))
    for length in range(len(codes)):
        difference[:] = 0.0
        for a in range(len(drawn)):
            difference[codes[length, a]] += drawn[a] / n - (pooled[a] - drawn[a]) / m
        for a in range(len(drawn)):
            total += difference[a] ** 2
    return total
