"""Communities of a graph of names, and how modular a division is.

Louvain (Blondel et al. 2008) as scikit-network has it, seeded; modularity as Newman (2006), with
weights. Next door: `neighbours` makes the graph, `graph` and `clusters` use this.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Labels = npt.NDArray[np.int64]


def louvain(edges: sparse.csr_array, seed: int = 0, resolution: float = 1.0) -> Labels:
    """Labels (n,) of the communities of a symmetric weighted graph, the largest first.

    A node without edges is a community of its own.
    """
    if not edges.nnz:
        return np.arange(edges.shape[0])
    from sknetwork.clustering import Louvain

    plain = sparse.csr_matrix(edges, dtype=np.float64)
    found = Louvain(resolution=resolution, random_state=seed).fit_predict(plain)
    return by_size(np.asarray(found))


def by_size(labels: npt.NDArray[np.int64]) -> Labels:
    """The same division, numbered by falling size, then by first member."""
    _, first, inverse, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    return rank[inverse]


def modularity(edges: sparse.csr_array, labels: npt.NDArray[np.int64]) -> float:
    """Weight of edges within groups less what chance would put there; 0 without edges."""
    total = float(edges.sum())
    if not total:
        return 0.0
    coo = edges.tocoo()
    within = coo.data[labels[coo.row] == labels[coo.col]].sum(dtype=np.float64)
    degree = np.bincount(labels, np.asarray(edges.sum(axis=1), dtype=np.float64).ravel())
    return float(within / total - ((degree / total) ** 2).sum())
