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
    places = np.zeros((len(communities), 2))
    for community, rows in enumerate(np.split(order, np.cumsum(sizes)[:-1])):
        if len(rows) > 1:
            inside = _within(edges, rows, seed) * (radii[community] - 0.35)
            places[rows] = centres[community] + inside
        else:
            places[rows] = centres[community]
    return places.astype(np.float32)


def _within(
    edges: sparse.csr_array, rows: npt.NDArray[np.intp], seed: int
) -> npt.NDArray[np.float64]:
    """Places in the unit disc, the centre of mass in its middle."""
    if len(rows) > SPRINGS_UP_TO:
        degree = np.diff(edges.indptr)[rows]
        rank = np.empty(len(rows), dtype=np.int64)
        rank[np.argsort(-degree, kind="stable")] = np.arange(len(rows))
        return sunflower(len(rows))[rank]
    weights = edges[rows][:, rows].toarray().astype(np.float64)
    return _springs(weights, np.random.default_rng(seed))


def sunflower(count: int, first: int = 0) -> npt.NDArray[np.float64]:
    """Points spread evenly over the unit disc; those from `first` on over an outer ring."""
    k = np.arange(first, first + count) + 0.5
    radius = np.sqrt(k / (first + count))
    return np.column_stack([radius * np.cos(k * _GOLDEN), radius * np.sin(k * _GOLDEN)])


def _springs(
    weights: npt.NDArray[np.float64], rng: np.random.Generator, rounds: int = 60
) -> npt.NDArray[np.float64]:
    """Attraction d² / k along edges, repulsion k² / d between all, steps that cool down."""
    n = len(weights)
    spots = sunflower(n)[rng.permutation(n)]
    ideal = 1.0 / np.sqrt(n)
    for heat in np.linspace(0.2, 0.005, rounds):
        apart = spots[:, None] - spots[None]
        gap = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 1e-3)
        pull = ideal**2 / gap**2 - weights * gap / ideal
        move = (apart * pull[..., None]).sum(axis=1) - spots * 0.5
        length = np.maximum(np.hypot(*move.T), 1e-9)[:, None]
        spots = spots + move / length * np.minimum(length, heat)
    spots -= spots.mean(axis=0)
    far = np.hypot(*spots.T).max()
    return np.asarray(spots / far if far > 0 else spots)


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
