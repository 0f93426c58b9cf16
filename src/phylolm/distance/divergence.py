"""Jensen-Shannon divergence of all pairs at one locus, compiled."""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def jensen_shannon(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Divergence in bits between the rows of (m, a) allele frequencies; shape (m, m).

    JSD(p, q) = H((p + q) / 2) - H(p) / 2 - H(q) / 2 (Lin 1991).
    """
    m, alleles = frequencies.shape
    result = np.zeros((m, m))
    for i in range(m):
        for j in range(i + 1, m):
            total = 0.0
            for a in range(alleles):
                p, q = frequencies[i, a], frequencies[j, a]
                if p > 0.0:
                    total += p * math.log2(2 * p / (p + q))
                if q > 0.0:
                    total += q * math.log2(2 * q / (p + q))
            result[i, j] = result[j, i] = max(total / 2, 0.0)
    return result
