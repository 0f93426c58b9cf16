"""The compiled loop of the permutation test of sameness (see `ancestry`)."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shuffled_statistics(
    cells: npt.NDArray[np.int64],
    bounds: npt.NDArray[np.int64],
    permutations: int,
    seed: int,
) -> tuple[float, npt.NDArray[np.float64]]:
    """T as observed, and T of `permutations` shuffles of the probes within each locus.

    cells: int64 (2, c) counts of each allele in the two models. bounds: int64 (l + 1,), columns
    of locus k are bounds[k]:bounds[k + 1].
    """
    np.random.seed(seed)
    observed = 0.0
    null = np.zeros(permutations)
    for locus in range(len(bounds) - 1):
        start, stop = bounds[locus], bounds[locus + 1]
        n = cells[0, start:stop].sum()
        m = cells[1, start:stop].sum()
        if n == 0 or m == 0:
            continue
        pooled = cells[0, start:stop] + cells[1, start:stop]
        for a in range(stop - start):
            observed += (cells[0, start + a] / n - cells[1, start + a] / m) ** 2
        labels = np.repeat(np.arange(stop - start), pooled)
        for replicate in range(permutations):
            drawn = np.zeros(stop - start, dtype=np.int64)
            for k in range(n):
                other = np.random.randint(k, n + m)
                labels[k], labels[other] = labels[other], labels[k]
                drawn[labels[k]] += 1
            for a in range(stop - start):
                null[replicate] += (drawn[a] / n - (pooled[a] - drawn[a]) / m) ** 2
    return observed, null
