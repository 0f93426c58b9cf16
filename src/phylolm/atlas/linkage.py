"""Agglomerative clustering of weighted points, exact, in quadratic time.

Here: the nearest-neighbour chain (Murtagh 1983; Müllner 2011) as a compiled loop over a square
matrix, and merges in the form scipy's `linkage` gives. Next door: `clusters` uses it on names.

Points may stand for several models each (identical normalised names): average linkage then
weighs them, which gives the heights that all models one by one would give.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from phylolm.errors import ConfigError
from phylolm.jit import kernel

METHODS = ("average", "single", "complete", "weighted")

Merges = npt.NDArray[np.float64]
"""(n - 1, 4): the two joined, height, models below; joined i makes n + i; heights ascend."""


def linkage(
    distances: npt.NDArray[np.float32],
    sizes: npt.NDArray[np.float64] | None = None,
    method: str = "average",
) -> Merges:
    """Hierarchical clustering of a square matrix of distances, which is overwritten.

    distances: float32 (n, n), symmetric. sizes: (n,) models each point stands for, default 1.
    method: average (UPGMA), single, complete or weighted (WPGMA).

    Raises:
        ConfigError: an unknown method.
    """
    weights = np.ones(len(distances)) if sizes is None else np.array(sizes, dtype=np.float64)
    return sorted_merges(joins(distances, weights, method), weights)


def joins(
    distances: npt.NDArray[np.float32], sizes: npt.NDArray[np.float64], method: str
) -> Merges:
    """The same as (n - 1, 3), in any order: a point on either side, and the height."""
    check_method(method)
    if len(distances) < 2:
        return np.zeros((0, 3))
    return _chain(distances, sizes.copy(), METHODS.index(method))


def check_method(method: str) -> None:
    """Raise ConfigError for an unknown linkage."""
    if method not in METHODS:
        raise ConfigError(f"unknown linkage {method!r}: {', '.join(METHODS)}")


def sorted_merges(raw: Merges, sizes: npt.NDArray[np.float64]) -> Merges:
    """Merges in order of height, from triples (a point on either side, height)."""
    raw = raw[np.argsort(raw[:, 2], kind="stable")]
    return _label(raw, sizes.astype(np.float64), len(sizes))


@kernel
def _chain(d: np.ndarray, sizes: np.ndarray, method: int) -> np.ndarray:
    n = d.shape[0]
    alive = np.ones(n, dtype=np.bool_)
    found = np.empty((n - 1, 3))
    chain = np.empty(n, dtype=np.int64)
    length = 0
    start = 0
    for step in range(n - 1):
        if length == 0:
            while not alive[start]:
                start += 1
            chain[0] = start
            length = 1
        while True:
            x = chain[length - 1]
            # The one before wins ties, so that the chain comes to an end.
            y = chain[length - 2] if length > 1 else -1
            best = d[x, y] if length > 1 else np.float32(np.inf)
            for k in range(n):
                if alive[k] and k != x and d[x, k] < best:
                    best = d[x, k]
                    y = k
            if y < 0:
                for k in range(n):
                    if alive[k] and k != x:
                        y = k
                        break
            if length > 1 and y == chain[length - 2]:
                break
            chain[length] = y
            length += 1
        length -= 2
        a, b = min(x, y), max(x, y)
        found[step, 0], found[step, 1], found[step, 2] = a, b, d[a, b]
        alive[a] = False
        for k in range(n):
            if alive[k] and k != b:
                if method == 0:
                    new = (sizes[a] * d[a, k] + sizes[b] * d[b, k]) / (sizes[a] + sizes[b])
                elif method == 1:
                    new = min(d[a, k], d[b, k])
                elif method == 2:
                    new = max(d[a, k], d[b, k])
                else:
                    new = (np.float64(d[a, k]) + d[b, k]) / 2
                d[b, k] = new
                d[k, b] = new
        sizes[b] += sizes[a]
    return found


@kernel
def _label(raw: np.ndarray, sizes: np.ndarray, n: int) -> np.ndarray:
    above = np.arange(2 * n - 1)
    below = np.zeros(2 * n - 1)
    below[:n] = sizes
    merges = np.empty((n - 1, 4))
    for i in range(n - 1):
        ends = np.empty(2, dtype=np.int64)
        for side in range(2):
            x = np.int64(raw[i, side])
            while above[x] != x:
                above[x] = above[above[x]]
                x = above[x]
            ends[side] = x
        a, b = min(ends[0], ends[1]), max(ends[0], ends[1])
        above[a] = n + i
        above[b] = n + i
        below[n + i] = below[a] + below[b]
        merges[i, 0], merges[i, 1], merges[i, 2], merges[i, 3] = a, b, raw[i, 2], below[n + i]
    return merges


def cut(merges: Merges, clusters: int) -> npt.NDArray[np.int64]:
    """Labels (n,) of the points when the last `clusters` - 1 joins are undone."""
    labels = _cut(merges, len(merges) + 1, max(len(merges) + 1 - clusters, 0))
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


@kernel
def _cut(merges: np.ndarray, n: int, kept: int) -> np.ndarray:
    label = np.arange(2 * n - 1)
    for step in range(kept - 1, -1, -1):
        label[np.int64(merges[step, 0])] = label[n + step]
        label[np.int64(merges[step, 1])] = label[n + step]
    return label[:n]
