"""Places for the models of a graph: each community a disc, discs side by side.

A model has the same room everywhere, so a disc's area tells its community's size. Within small
communities springs place the models (Fruchterman & Reingold 1991); within large ones a sunflower
does (Vogel 1979), the most connected in the middle. Discs go, the largest first, as near as
there is room to those they share most edges with. Everything is computed once and seeded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from phylolm.jit import kernel

Places = npt.NDArray[np.float32]

SPRINGS_UP_TO = 300
"""Models in a community that springs place; a sunflower places larger ones."""

DISCS = 1_000
"""Communities placed by their edges; smaller ones and lone models lie around them."""

_GOLDEN = np.pi * (3 - np.sqrt(5))
_GAP = 0.6


def place(edges: sparse.csr_array, communities: npt.NDArray[np.int64], seed: int = 0) -> Places:
    """Float32 (n, 2): a place for every node of a symmetric graph."""
    sizes = np.bincount(communities)
    radii = np.sqrt(sizes) * 0.62 + 0.35
    centres = _place_discs(edges, communities, radii, sizes)
    order = np.argsort(communities, kind="stable")
    starts = np.cumsum(sizes)[:-1]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.concatenate([[0], starts])[communities[order]]
    places = np.zeros((len(communities), 2))
    for community, rows in enumerate(np.split(order, starts)):
        if len(rows) > 1:
            inside = _within(edges, rows, communities, rank, seed) * (radii[community] - 0.35)
            places[rows] = centres[community] + inside
        else:
            places[rows] = centres[community]
    return places.astype(np.float32)


def _within(
    edges: sparse.csr_array,
    rows: npt.NDArray[np.intp],
    communities: npt.NDArray[np.int64],
    rank: npt.NDArray[np.int64],
    seed: int,
) -> npt.NDArray[np.float64]:
    """Places in the unit disc, the centre of mass in its middle.

    rows: the models of one community. rank: (n,) of every model within its own.
    """
    if len(rows) > SPRINGS_UP_TO:
        degree = np.diff(edges.indptr)[rows]
        spot = np.empty(len(rows), dtype=np.int64)
        spot[np.argsort(-degree, kind="stable")] = np.arange(len(rows))
        return sunflower(len(rows))[spot]
    weights = _weights(edges.indptr, edges.indices, edges.data, rows, communities, rank)
    return _springs(weights, np.random.default_rng(seed))


@kernel
def _weights(
    start: np.ndarray, other: np.ndarray, weight: np.ndarray,
    rows: np.ndarray, communities: np.ndarray, rank: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Edges within one community, dense; slicing a sparse matrix costs its whole width."""
    found = np.zeros((len(rows), len(rows)))
    for i in range(len(rows)):
        for at in range(start[rows[i]], start[rows[i] + 1]):
            if communities[other[at]] == communities[rows[i]]:
                found[i, rank[other[at]]] = weight[at]
    return found


def sunflower(count: int, first: int = 0) -> npt.NDArray[np.float64]:
    """Points spread evenly over the unit disc; those from `first` on over an outer ring."""
    k = np.arange(first, first + count) + 0.5
    radius = np.sqrt(k / (first + count))
    return np.column_stack([radius * np.cos(k * _GOLDEN), radius * np.sin(k * _GOLDEN)])


def _springs(weights: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    spots = sunflower(len(weights))[rng.permutation(len(weights))]
    _relax(spots, weights, np.linspace(0.2, 0.005, 60))
    spots -= spots.mean(axis=0)
    far = np.hypot(*spots.T).max()
    return np.asarray(spots / far if far > 0 else spots)


@kernel
def _relax(spots: np.ndarray, weights: np.ndarray, heats: np.ndarray) -> None:
    """Attraction d² / k along edges, repulsion k² / d between all, steps that cool down."""
    n = len(spots)
    ideal = 1.0 / np.sqrt(n)
    move = np.empty((n, 2))
    for heat in heats:
        for i in range(n):
            move[i] = -0.5 * spots[i]
            for j in range(n):
                x, y = spots[i, 0] - spots[j, 0], spots[i, 1] - spots[j, 1]
                gap = max(np.sqrt(x * x + y * y), 1e-3)
                pull = ideal * ideal / (gap * gap) - weights[i, j] * gap / ideal
                move[i, 0] += x * pull
                move[i, 1] += y * pull
        for i in range(n):
            length = max(np.sqrt(move[i, 0] ** 2 + move[i, 1] ** 2), 1e-9)
            spots[i] += move[i] / length * min(length, heat)


def _place_discs(
    edges: sparse.csr_array,
    communities: npt.NDArray[np.int64],
    radii: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    count = int(min(DISCS, max((sizes > 1).sum(), 1)))
    links = _between(edges, communities, count)
    centres = np.zeros((len(sizes), 2))
    area = radii**2
    for disc in range(1, count):
        strength = links[disc, :disc] if links[disc, :disc].any() else area[:disc]
        goal = strength @ centres[:disc] / strength.sum()
        centres[disc] = _free_spot(goal, radii[disc], centres[:disc], radii[:disc])
    centres[:count] -= (centres[:count].min(axis=0) + centres[:count].max(axis=0)) / 2
    rest = len(sizes) - count
    if rest:
        reach = float((np.hypot(*centres[:count].T) + radii[:count]).max()) + 1
        # As many sunflower places as fill the area inside stay empty.
        room = 2.2 * float(radii[count:].max()) ** 2
        first = int(reach**2 / room) + 1
        centres[count:] = sunflower(rest, first) * np.sqrt(room * (first + rest))
    return centres


def _between(
    edges: sparse.csr_array, communities: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """Edge weight between the first `count` communities, (count, count)."""
    coo = edges.tocoo()
    a, b = communities[coo.row], communities[coo.col]
    kept = (a < count) & (b < count) & (a != b)
    summed = np.bincount(a[kept] * count + b[kept], coo.data[kept], minlength=count * count)
    return np.asarray(summed, dtype=np.float64).reshape(count, count)


@kernel
def _free_spot(
    goal: np.ndarray, radius: float, centres: np.ndarray, radii: np.ndarray
) -> np.ndarray:
    """The place nearest to `goal`, along a spiral, where a disc touches no other."""
    step = max(radius, 1.0) * 0.5
    spot = np.empty(2)
    k = 0
    while True:
        away = step * np.sqrt(k)
        spot[0] = goal[0] + away * np.cos(k * _GOLDEN)
        spot[1] = goal[1] + away * np.sin(k * _GOLDEN)
        free = True
        for other in range(len(centres)):
            least = radii[other] + radius + _GAP
            x, y = spot[0] - centres[other, 0], spot[1] - centres[other, 1]
            if x * x + y * y < least * least:
                free = False
                break
        if free:
            return spot
        k += 1
