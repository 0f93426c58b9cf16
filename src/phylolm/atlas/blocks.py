"""Average linkage where all pairs are too many: inside communities first, then between them.

The graph of nearest names falls into communities; inside each, linkage is exact. The lowest
joins are kept, so that at most `GROUPS` groups are left, and average linkage goes on between
those, with the exact mean cosine of all their pairs (product of the sums of their rows). What is
lost: a name whose near ones lie in another community joins them late. Names with no neighbour,
and the smallest groups beyond the limit, join last, at height 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from phylolm.atlas.communities import louvain
from phylolm.atlas.linkage import joins

LARGEST = 6_000
"""Names in a community; larger ones are divided further."""

GROUPS = 6_000
"""Clumps that are compared with each other."""


def blocked_joins(
    matrix: sparse.csr_array,
    sizes: npt.NDArray[np.float64],
    edges: sparse.csr_array,
    method: str,
    largest: int = LARGEST,
    groups: int = GROUPS,
) -> npt.NDArray[np.float64]:
    """Joins (n - 1, 3) of all rows: a point on either side, height."""
    found = [
        _inside(matrix, sizes, rows, method) for rows in _communities(edges, largest)
    ]  # fmt: skip
    raw = np.concatenate([np.zeros((0, 3)), *found])
    raw = raw[np.argsort(raw[:, 2], kind="stable")][: max(len(sizes) - groups, 0)]
    floor = float(raw[-1, 2]) if len(raw) else 0.0
    between = _between(matrix, sizes, raw, groups, floor)
    return np.concatenate([raw, between])


def _communities(edges: sparse.csr_array, largest: int) -> list[npt.NDArray[np.intp]]:
    """Rows of each community of more than one, none larger than `largest`."""
    groups = []
    waiting = [(np.arange(edges.shape[0]), 1.0)]
    while waiting:
        rows, resolution = waiting.pop()
        labels = louvain(sparse.csr_array(edges[rows][:, rows]), resolution=resolution)
        order = np.argsort(labels, kind="stable")
        starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
        for part in np.split(rows[order], starts[1:]):
            if len(part) <= largest:
                groups.append(part)
            elif resolution < 1000:
                waiting.append((part, resolution * 4))
            else:  # a community that won't divide: names all alike
                groups.extend(np.array_split(part, -(-len(part) // largest)))
    return [group for group in groups if len(group) > 1]


def _inside(
    matrix: sparse.csr_array,
    sizes: npt.NDArray[np.float64],
    rows: npt.NDArray[np.intp],
    method: str,
) -> npt.NDArray[np.float64]:
    part = matrix[rows]
    # Only the columns in use: a product costs the whole width of the matrix.
    columns, place = np.unique(part.indices, return_inverse=True)
    part = sparse.csr_array((part.data, place, part.indptr), shape=(len(rows), len(columns)))
    distances = 1 - (part @ part.T).toarray()
    np.clip(distances, 0, 1, out=distances)
    np.fill_diagonal(distances, 0)
    raw = joins(distances, sizes[rows], method)
    raw[:, :2] = rows[raw[:, :2].astype(np.int64)]
    return raw


def _between(
    matrix: sparse.csr_array,
    sizes: npt.NDArray[np.float64],
    raw: npt.NDArray[np.float64],
    groups: int,
    floor: float,
) -> npt.NDArray[np.float64]:
    """Joins of the groups that `raw` leaves, none lower than `floor`."""
    n = len(sizes)
    pairs = raw[:, :2].astype(np.int64)
    links = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    clump = sparse.csgraph.connected_components(links, directed=False)[1]
    weight = np.bincount(clump, sizes).astype(np.float64)
    order = np.argsort(-weight, kind="stable")
    compared, late = order[:groups], order[groups:]
    any_member = np.unique(clump, return_index=True)[1]
    member = sparse.csr_array((sizes, (clump, np.arange(n))), shape=(len(weight), n))
    means = sparse.diags_array(1 / weight[compared]) @ (member[compared] @ matrix)
    distances = (1 - (means @ means.T).toarray()).astype(np.float32)
    np.clip(distances, floor, 1, out=distances)
    np.fill_diagonal(distances, 0)
    top = joins(distances, weight[compared], "average")
    top[:, :2] = any_member[compared[top[:, :2].astype(np.int64)]]
    last = np.column_stack(
        [any_member[late], np.full(len(late), any_member[compared[0]]), np.ones(len(late))]
    )
    return np.concatenate([top, last])
