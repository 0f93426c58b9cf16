"""Trees from distances: neighbour joining, BIONJ, minimum evolution, UPGMA.

Here: the public methods, their checks, and `METHODS` and `array_builder` for callers that build
many. Next door: `nj` has the compiled joining; `support` asks how sure the branches are.

Every method answers alike whatever the order of the models, ties included: ties are decided by
the models' names (`nj` says how), or the models are put in the order of their names first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from phylolm import defaults
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError
from phylolm.tree import nj
from phylolm.tree.arrays import NULL
from phylolm.tree.tree import Tree

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
T = TypeVar("T")
Negative = Literal["sister", "zero", "keep"]
Joined = tuple[IntArray, FloatArray]
"""parent and raw branch length of each node; nodes 0..m-1 are the models in matrix order."""


def neighbor_joining(d: DistanceMatrix, negative: Negative = "sister") -> Tree:
    """The neighbour-joining tree (Saitou & Nei 1987), unrooted, by an exact lazy search.

    d: m >= 1 models, values (m, m) finite. negative: what becomes of a negative branch length.
    "sister" sets it to zero and takes the difference off the other branch of the joined pair, so
    that the two stay as far apart as they were (Kuhner & Felsenstein 1994); "zero" only sets it
    to zero; "keep" leaves it. Two models hang on a root halfway between them.

    Raises:
        DataError: no model, or a value that is not finite (names the two models).
    """
    return _built(d, _neighbor_joining, negative)


def bionj(d: DistanceMatrix, negative: Negative = "sister") -> Tree:
    """BIONJ (Gascuel 1997): joins as neighbour joining does, averages by least variance.

    Better than neighbour joining where distances are long and noisy. Arguments and errors as in
    `neighbor_joining`.
    """
    return _built(d, _bionj, negative)


def balanced_minimum_evolution(d: DistanceMatrix, negative: Negative = "zero") -> Tree:
    """Balanced minimum evolution (Desper & Gascuel 2002) with nearest-neighbour interchanges.

    Runs scikit-bio's `bme` and `nni`. Arguments and errors as in `neighbor_joining`, but
    negative lengths are only set to zero: no pair of sisters is joined here.
    """
    return _built(d, _minimum_evolution, negative)


def upgma(d: DistanceMatrix) -> Tree:
    """The rooted, ultrametric tree of average linkage (Sokal & Michener 1958).

    Right only if all models change at one rate. Errors as in `neighbor_joining`.
    """
    return _built(d, _upgma, "zero")


METHODS: dict[str, Callable[[DistanceMatrix], Tree]] = {
    "nj": neighbor_joining,
    "bionj": bionj,
    "bme": balanced_minimum_evolution,
    "upgma": upgma,
}


def build_tree(d: DistanceMatrix, method: str = defaults.TREE_METHOD) -> Tree:
    """The tree of `d` by a method of METHODS.

    Raises:
        ConfigError: an unknown method.
        DataError: a value that is not finite.
    """
    return _known(METHODS, method)(d)


def array_builder(method: str) -> Callable[[FloatArray, IntArray], Joined]:
    """The method as a function of values (m, m), which it may overwrite, and ranks (m,) for ties.

    For inner loops: no checks. Answers parent and raw length, see `Joined`; m >= 2.
    """
    return _known(_BUILDERS, method)


def name_ranks(names: Sequence[str]) -> IntArray:
    """int32 (m,): the place of each name in sorted order, which settles ties."""
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks


def _known(table: dict[str, T], method: str) -> T:
    if method not in table:
        raise ConfigError(f"unknown tree method {method!r}; known are {', '.join(table)}")
    return table[method]


def _built(d: DistanceMatrix, builder: Callable[..., Joined], negative: Negative) -> Tree:
    """Check, build, order leaves by name, mend negative lengths."""
    m = len(d.names)
    _check_finite(d)
    if m == 1:
        return Tree.from_arrays([NULL], [0.0], d.names)
    ranks = name_ranks(d.names)
    parent, length = builder(np.array(d.values, dtype=np.float64, order="C"), ranks)
    parent[ranks], length[ranks] = parent[:m].copy(), length[:m].copy()
    inner = len(parent) - m
    tree = Tree.from_arrays(parent, length, [*sorted(d.names), *([""] * inner)])
    return _without_negative(tree if builder is _upgma else tree.unroot(), negative)


def _check_finite(d: DistanceMatrix) -> None:
    if not d.names:
        raise DataError("no models to build a tree of")
    if not (-nj.HUGE < d.values.min() and d.values.max() < nj.HUGE):  # false for NaN, too
        i, j = np.argwhere(~(np.abs(d.values) < nj.HUGE))[0]
        raise DataError(
            f"the distance between {d.names[i]!r} and {d.names[j]!r} is {d.values[i, j]}; "
            "leave one of them out"
        )


def _without_negative(tree: Tree, negative: Negative) -> Tree:
    if negative == "keep":
        return tree
    length = tree.length.copy()
    for pair in tree.children if negative == "sister" else ():
        for short, long in (pair, pair[::-1]) if len(pair) == 2 else ():
            if length[short] < 0:
                length[long] += length[short]
                length[short] = 0.0
    return Tree(tree.parent, np.maximum(length, 0.0), tree.names, tree.support)


def _neighbor_joining(values: FloatArray, ranks: IntArray) -> Joined:
    return _join(values, np.empty((0, 0)), ranks)


def _bionj(values: FloatArray, ranks: IntArray) -> Joined:
    return _join(values, values.copy(), ranks)


def _join(values: FloatArray, variance: FloatArray, ranks: IntArray) -> Joined:
    n_nodes = max(2 * len(values) - 2, 3)
    parent, length = np.empty(n_nodes, dtype=np.int32), np.empty(n_nodes)
    nj.join(values, variance, ranks, parent, length)
    return parent, length


def _minimum_evolution(values: FloatArray, ranks: IntArray) -> Joined:
    m = len(values)
    if m < 4:  # a single topology, on which all methods agree
        return _neighbor_joining(values, ranks)
    from skbio import DistanceMatrix as SkbioMatrix
    from skbio.tree import bme, nni

    order = np.argsort(ranks)
    matrix = SkbioMatrix(values[np.ix_(order, order)], [str(model) for model in order])
    tree = nni(bme(matrix, neg_as_zero=False), matrix, neg_as_zero=False)
    nodes = list(tree.postorder())
    number = {id(node): int(node.name) for node in nodes if node.is_tip()}
    inner = [node for node in nodes if not node.is_tip()]
    number.update((id(node), m + place) for place, node in enumerate(inner))
    parent, length = np.full(len(nodes), NULL, dtype=np.int32), np.zeros(len(nodes))
    for node in nodes[:-1]:
        parent[number[id(node)]] = number[id(node.parent)]
        length[number[id(node)]] = node.length
    return parent, length


def _upgma(values: FloatArray, ranks: IntArray) -> Joined:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    m = len(values)
    order = np.argsort(ranks)
    condensed = squareform(np.maximum(values, 0.0)[np.ix_(order, order)], checks=False)
    merges = linkage(condensed, "average")
    joined = merges[:, :2].astype(np.int64)
    nodes = np.where(joined < m, order[np.minimum(joined, m - 1)], joined)
    height = np.append(np.zeros(m), merges[:, 2] / 2)
    parent, length = np.full(2 * m - 1, NULL, dtype=np.int32), np.zeros(2 * m - 1)
    above = np.arange(m, 2 * m - 1)
    for side in nodes.T:
        parent[side] = above
        length[side] = height[m:] - height[side]
    return parent, length


_BUILDERS: dict[str, Callable[[FloatArray, IntArray], Joined]] = {
    "nj": _neighbor_joining,
    "bionj": _bionj,
    "bme": _minimum_evolution,
    "upgma": _upgma,
}
