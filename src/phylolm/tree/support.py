"""Support of a tree's branches by trees of bootstrap replicates.

Here: the replicate trees and the two ways to count. Next door: `build` builds one tree;
whoever resamples genes hands over the replicate distances.

Felsenstein (1985): the percentage of replicate trees that have the branch's split. Transfer
bootstrap expectation (Lemoine et al. 2018): 100 (1 - mean transfer distance / (p - 1)), where the
transfer distance is the least number of leaves to move to turn some split of the replicate into
the branch's, and p the size of the split's smaller side; kinder to deep branches of large trees.

A replicate's inner branch of length zero (to ZERO of its longest branch) is an unresolved tie
and supports nothing: models with identical answers would else get full support for whatever the
tie rule made of them. A negative branch is a real, if weak, opinion and counts.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from phylolm import defaults
from phylolm.errors import ConfigError, DataError
from phylolm.jit import kernel
from phylolm.tree import nj
from phylolm.tree.build import array_builder, name_ranks
from phylolm.tree.tree import Tree

ZERO = 1e-9
"""Branches below this part of the replicate's longest are unresolved ties."""

FELSENSTEIN = "felsenstein"
TRANSFER = "transfer"

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
CodeArray = npt.NDArray[np.uint64]
Trees = tuple[IntArray, FloatArray]
"""parent (k, nodes) and length (k, nodes) of k trees; nodes 0..m-1 are the models."""


def replicate_support(
    tree: Tree,
    replicates: Iterable[npt.ArrayLike],
    names: Sequence[str],
    method: str = defaults.TREE_METHOD,
    kind: str = defaults.SUPPORT,
    threads: int | None = None,
) -> Tree:
    """`tree` with support (0..100) on its inner branches, from replicate distances.

    replicates: blocks (k, m, m) of replicate distances, any k (or single (m, m) matrices); taken
    as they come, at most `threads` + 1 blocks are held. names: the m models in the order of the
    matrices, the tree's leaves in any order. method: of `build.METHODS`. kind: FELSENSTEIN
    or TRANSFER.
    threads: default one per core, up to 4. The answer doesn't depend on it.

    Raises:
        ConfigError: unknown method or kind.
        DataError: names and leaves differ, no replicates, or a value that is not finite.
    """
    if len(names) < 4:  # no inner branch
        return support_from_trees(tree, [], names, kind)
    trees = replicate_trees(replicates, names, method, threads)
    return support_from_trees(tree, trees, names, kind)


def replicate_trees(
    replicates: Iterable[npt.ArrayLike],
    names: Sequence[str],
    method: str = defaults.TREE_METHOD,
    threads: int | None = None,
) -> Iterator[Trees]:
    """The trees of each block of replicate distances, in order.

    Arguments are those of `replicate_support`.
    """
    if len(names) < 2:
        raise DataError("support needs trees of two models at least")
    build = array_builder(method)
    ranks = name_ranks(names)
    threads = threads or min(4, os.cpu_count() or 1)

    def trees_of(block: FloatArray) -> Trees:
        if method in ("nj", "bionj"):
            return _joined(block, ranks, method == "bionj")
        built = [build(values, ranks) for values in block]
        return np.stack([tree[0] for tree in built]), np.stack([tree[1] for tree in built])

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Trees]] = deque()
        for block in replicates:
            waiting.append(pool.submit(trees_of, _checked_block(block, names)))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def support_from_trees(
    tree: Tree, trees: Iterable[Trees], names: Sequence[str], kind: str = defaults.SUPPORT
) -> Tree:
    """`tree` with support from trees given as arrays; see `replicate_trees`."""
    if kind not in (FELSENSTEIN, TRANSFER):
        raise ConfigError(f"unknown support {kind!r}; known are {FELSENSTEIN}, {TRANSFER}")
    nodes, sides = _inner_branches(tree, names)
    count = _count_shared if kind == FELSENSTEIN else _sum_transfers
    if len(nodes) == 0:
        return tree
    total = np.zeros(len(nodes), dtype=np.int64)
    replicates = 0
    for parent, length in trees:
        total += count(sides, parent, length)
        replicates += len(parent)
    if replicates == 0:
        raise DataError("no bootstrap replicates to take support from")
    share = total / replicates
    if kind == TRANSFER:
        share = 1.0 - share / (np.minimum(sides.sum(axis=1), (~sides).sum(axis=1)) - 1)
    support = np.full(len(tree.parent), np.nan)
    support[nodes] = 100.0 * share
    return Tree(tree.parent, tree.length, tree.names, support)


def _inner_branches(
    tree: Tree, names: Sequence[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Nodes (s,) whose branches part two or more leaves from two or more; their leaves (s, m)."""
    if sorted(tree.leaf_names) != sorted(names):
        raise DataError(
            f"the tree's {tree.n_leaves} leaves and the replicates' {len(names)} models differ"
        )
    column = {name: place for place, name in enumerate(tree.leaf_names)}
    below = tree.leafsets()[:, [column[name] for name in names]]
    size = below.sum(axis=1)
    nodes = np.flatnonzero((size > 1) & (size < len(names) - 1))
    return nodes, below[nodes]


def _checked_block(block: npt.ArrayLike, names: Sequence[str]) -> FloatArray:
    """A (k, m, m) copy that may be overwritten."""
    values = np.array(block, dtype=np.float64, order="C")  # one layout, one compilation
    values = values[None] if values.ndim == 2 else values
    m = len(names)
    if values.ndim != 3 or values.shape[1:] != (m, m):
        raise DataError(f"replicate distances of shape {values.shape} for {m} models")
    if values.size and not (-nj.HUGE < values.min() and values.max() < nj.HUGE):
        _, i, j = np.argwhere(~(np.abs(values) < nj.HUGE))[0]
        raise DataError(
            f"in a replicate, the distance between {names[i]!r} and {names[j]!r} is not finite; "
            "leave one of them out"
        )
    return values


def _joined(block: FloatArray, ranks: IntArray, is_bionj: bool) -> Trees:
    k, m = block.shape[:2]
    shape = (k, max(2 * m - 2, 3))
    parent, length = np.empty(shape, dtype=np.int32), np.empty(shape)
    if m > 1:
        nj.join_block(block, ranks, is_bionj, parent, length)
    return parent, length


def _count_shared(
    sides: npt.NDArray[np.bool_], parent: IntArray, length: FloatArray
) -> npt.NDArray[np.int64]:
    """How many of the trees have each split (s,).

    A split's key is the sum, modulo 2^64, of random codes of the leaves on one side, or of the
    other side if that is less: 1,000 trees of 1,000 leaves collide with probability 1e-10.
    """
    m = sides.shape[1]
    codes = np.random.default_rng(20180).integers(0, 2**64, (m,), dtype=np.uint64)
    one_side = np.where(sides, codes, np.uint64(0)).sum(axis=1, dtype=np.uint64)
    other_side = np.where(sides, np.uint64(0), codes).sum(axis=1, dtype=np.uint64)
    keys = np.minimum(one_side, other_side)
    distinct, place = np.unique(keys, return_inverse=True)
    counts: npt.NDArray[np.int64] = _count_keys(distinct, codes, parent, length)[place]
    return counts


@kernel
def _count_keys(
    wanted: CodeArray, codes: CodeArray, parent: IntArray, length: FloatArray
) -> npt.NDArray[np.int64]:
    """Number of trees with each key in `wanted` (sorted, distinct)."""
    m, n_nodes = len(codes), parent.shape[1]
    everything = np.uint64(0)
    for code in codes:
        everything += code
    count = np.zeros(len(wanted), dtype=np.int64)
    seen_in = np.full(len(wanted), -1)
    below = np.empty(n_nodes, dtype=np.uint64)
    for tree in range(len(parent)):
        longest = 0.0
        for node in range(n_nodes):
            below[node] = codes[node] if node < m else np.uint64(0)
            longest = max(longest, abs(length[tree, node]))
        for node in range(n_nodes - 1):
            key = below[node]
            below[parent[tree, node]] += key
            if node < m or abs(length[tree, node]) <= ZERO * longest:
                continue
            place = _find(wanted, min(key, everything - key))
            if place >= 0 and seen_in[place] != tree:  # both root branches make one split
                count[place] += 1
                seen_in[place] = tree
    return count


@kernel
def _find(ordered: CodeArray, key: int) -> int:
    """Place of `key`, or -1."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ordered) and ordered[low] == key else -1


def _sum_transfers(
    sides: npt.NDArray[np.bool_], parent: IntArray, length: FloatArray
) -> npt.NDArray[np.int64]:
    """Sum over the trees of each split's transfer distance (s,)."""
    size = sides.sum(axis=1).astype(np.int32)
    by_leaf = np.ascontiguousarray(sides.T).astype(np.int32)
    total = np.zeros(len(sides), dtype=np.int64)
    _add_transfers(by_leaf, size, parent, length, total)
    return total


@kernel
def _add_transfers(
    sides: IntArray,
    size: IntArray,
    parent: IntArray,
    length: FloatArray,
    total: npt.NDArray[np.int64],
) -> None:
    """Adds each split's transfer distances to `total` (s,).

    sides (m, s), 0 or 1; size (s,), their sums. For every node of a tree, counts the leaves of
    each split's side below it; a split turns into the node's by moving either the leaves that
    disagree or all others. A leaf branch of the split's smaller side is always at hand.
    """
    m, s = sides.shape
    n_nodes = parent.shape[1]
    shared = np.empty((n_nodes, s), dtype=np.int32)
    below = np.empty(n_nodes, dtype=np.int32)
    least = np.empty(s, dtype=np.int32)
    for tree in range(len(parent)):
        for split in range(s):
            least[split] = min(size[split], m - size[split]) - 1
        longest = 0.0
        for node in range(n_nodes):
            below[node] = 1 if node < m else 0
            longest = max(longest, abs(length[tree, node]))
            for split in range(s):
                shared[node, split] = sides[node, split] if node < m else 0
        for node in range(n_nodes - 1):
            above = parent[tree, node]
            below[above] += below[node]
            for split in range(s):
                shared[above, split] += shared[node, split]
            if node >= m and abs(length[tree, node]) > ZERO * longest:
                for split in range(s):
                    moves = size[split] + below[node] - 2 * shared[node, split]
                    least[split] = min(least[split], moves, m - moves)
        for split in range(s):
            total[split] += least[split]
