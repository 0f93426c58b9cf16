"""Where the root belongs: midpoint, minimal ancestor deviation, outgroup.

Each function looks at a tree's arrays (depth-first order) and answers with a `Position`, a point
on a branch. Next door: `tree` turns the answer into a rerooted Tree; `arrays` does the surgery.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from phylolm.tree.arrays import BoolArray, FloatArray, IntArray, children_of, subtree_sums

SAME = 1e-12
"""Leaves closer than this part of the greatest distance count as one."""


class Position(NamedTuple):
    """A point `above` (branch length units) over `node`; `score` is the criterion there.

    For minimal ancestor deviation, score is the root mean square deviation and `ambiguity` the
    ratio of the best score to the second best branch's (1 = undecided); both are 0 otherwise.
    """

    node: int
    above: float
    score: float = 0.0
    ambiguity: float = 0.0


def leaf_ranges(parent: IntArray) -> tuple[IntArray, IntArray]:
    """[low, high) of each node's leaves in depth-first leaf order, for depth-first arrays."""
    is_leaf = np.ones(len(parent), dtype=bool)
    is_leaf[parent[parent >= 0]] = False
    counts = subtree_sums(parent, is_leaf.astype(np.int64))
    high = np.cumsum(is_leaf)
    return (high - counts).astype(np.int32), high.astype(np.int32)


def leaf_distances(parent: IntArray, length: FloatArray) -> FloatArray:
    """Path lengths between leaves (n_leaves, n_leaves), depth-first arrays.

    Adds only, never subtracts, so leaves joined by zero branches are at exactly zero.
    """
    low, high = leaf_ranges(parent)
    n_leaves = int(high[-1])
    distances = np.zeros((n_leaves, n_leaves))
    height = np.zeros(n_leaves)  # of each leaf under the node reached so far
    for children in children_of(parent):
        for child in children:
            here = slice(low[child], high[child])
            before = slice(low[children[0]], low[child])
            height[here] += length[child]
            distances[here, before] = height[here, None] + height[None, before]
            distances[before, here] = distances[here, before].T
    return distances


def midpoint(parent: IntArray, length: FloatArray) -> Position:
    """Halfway along the longest path between two leaves."""
    deepest = np.zeros(len(parent))
    arm = np.full(len(parent), -1, dtype=np.int64)  # child on the way to the deepest leaf
    best, top = -np.inf, len(parent) - 1
    for child in range(len(parent) - 1):
        above, reach = parent[child], deepest[child] + length[child]
        if arm[above] >= 0 and deepest[above] + reach > best:
            best, top = float(deepest[above] + reach), int(above)
            longest = child if reach > deepest[above] else int(arm[above])
        if arm[above] < 0 or reach > deepest[above]:
            deepest[above], arm[above] = reach, child
    return _descend(length, deepest, arm, longest, best / 2) if best > -np.inf else Position(top, 0)


def _descend(
    length: FloatArray, deepest: FloatArray, arm: IntArray | np.ndarray, node: int, height: float
) -> Position:
    """The point at `height` over the deepest leaf under the branch above `node`."""
    while deepest[node] > height and arm[node] >= 0:
        node = int(arm[node])
    return Position(node, float(np.clip(height - deepest[node], 0.0, max(length[node], 0.0))))


def outgroup(
    parent: IntArray, length: FloatArray, members: BoolArray
) -> tuple[Position, BoolArray]:
    """The middle of the branch that parts `members` (bool over nodes) from the other leaves.

    Of the branches with all members on one side, the one with fewest other leaves there; those
    others come second (bool over nodes): none if the members are a clade of the unrooted tree.
    """
    is_leaf = np.ones(len(parent), dtype=bool)
    is_leaf[parent[parent >= 0]] = False
    n_leaves, n_members = int(is_leaf.sum()), int(members.sum())
    size = subtree_sums(parent, is_leaf.astype(np.int64))
    inside = subtree_sums(parent, members.astype(np.int64))
    side = np.full(len(parent), n_leaves)
    side[inside == n_members] = size[inside == n_members]
    side = np.where(inside == 0, n_leaves - size, side)
    side[-1] = n_leaves
    node = int(np.argmin(side))
    below = np.zeros(len(parent), dtype=bool)
    below[node - subtree_sums(parent, np.ones_like(size))[node] + 1 : node + 1] = True
    held = is_leaf & (below if inside[node] else ~below)
    return Position(node, float(length[node]) / 2), held & ~members


def minimal_ancestor_deviation(parent: IntArray, length: FloatArray) -> Position:
    """The root of least mean square ancestor deviation (Tria, Landan & Dagan 2017).

    A root o makes some point a the last common ancestor of leaves b and c; the pair's deviation
    is 2 d(b,a)/d(b,c) - 1, nought if both have gone equally far since. Over a branch, the sum of
    squares is a quadratic in the root's place on it, so its best point is exact. Leaves at
    distance zero count once, as in the authors' program; negative lengths count as zero.
    O(n^2) time and memory. Arrays: depth-first, unrooted (root of three or more), 3+ leaves.
    """
    length = np.maximum(length, 0.0)
    crossing, n_pairs = _crossing_deviations(parent, length)
    if n_pairs == 0:
        return midpoint(parent, length)
    rest = _deviations_elsewhere(parent, length, crossing)
    a, b, c = crossing.T
    best_above = np.clip(-b / np.where(a > 0, 2 * a, 1.0), 0.0, length)
    total = rest + (a * best_above + b) * best_above + c
    total[(length <= 0) | (parent < 0)] = np.inf
    node = int(np.argmin(total))
    scores = np.sqrt(np.maximum(total, 0.0) / n_pairs)
    second = float(np.min(np.delete(scores, node)))
    ambiguity = float(scores[node]) / second if second > 0 else 1.0
    return Position(node, float(best_above[node]), float(scores[node]), ambiguity)


def _crossing_deviations(parent: IntArray, length: FloatArray) -> tuple[FloatArray, int]:
    """Coefficients (n, 3) of a x^2 + b x + c: the squared deviations of all pairs parted by the
    branch above each node, for a root x above that node; and the number of pairs in the tree.

    With h the height of b over the node, a pair adds 4 (h+x)^2/d^2 - 4 (h+x)/d + 1. The sums of
    1/d and 1/d^2 over leaves outside grow on the way down, by the siblings' leaves: no
    subtraction, as leaves almost alike have huge 1/d^2.
    """
    low, high = leaf_ranges(parent)
    distances = leaf_distances(parent, length)
    single = _one_of_each(distances)
    inverse = np.divide(
        1.0,
        distances,
        out=np.zeros_like(distances),
        where=(distances > 0) & single[:, None] & single[None, :],
    )
    depth = _depths(parent, length)
    is_leaf = high - low == 1
    is_leaf[parent[parent >= 0]] = False
    leaf_depth = depth[is_leaf]
    outside = np.zeros((2, len(single)))
    inside_count = np.append(0, np.cumsum(single))
    crossing = np.zeros((len(parent), 3))
    for node in range(len(parent) - 2, -1, -1):
        here, above = slice(low[node], high[node]), parent[node]
        for side in (slice(low[above], low[node]), slice(high[node], high[above])):
            block = inverse[here, side]
            outside[0, here] += block.sum(axis=1)
            outside[1, here] += np.einsum("ij,ij->i", block, block)
        height = np.maximum(leaf_depth[here] - depth[node], 0.0)
        first, second = outside[0, here], outside[1, here]
        count = inside_count[high[node]] - inside_count[low[node]]
        crossing[node, 0] = 4 * second.sum()
        crossing[node, 1] = 8 * height @ second - 4 * first.sum()
        crossing[node, 2] = 4 * height**2 @ second - 4 * height @ first
        crossing[node, 2] += count * (inside_count[-1] - count)
    n_single = int(single.sum())
    return crossing, n_single * (n_single - 1) // 2


def _deviations_elsewhere(parent: IntArray, length: FloatArray, crossing: FloatArray) -> FloatArray:
    """Squared deviations (n,) of the pairs on one side of each node's branch, rooted on it.

    A pair's ancestor is then the node where its path comes nearest to the branch. At a node, the
    pairs through it number half the sum over its branches of the pairs that cross there.
    """
    n = len(parent)
    is_leaf = np.ones(n, dtype=bool)
    is_leaf[parent[:-1]] = False
    at_bottom = np.where(is_leaf, 0.0, crossing[:, 2])  # no pair passes through a leaf
    at_top = (crossing[:, 0] * length + crossing[:, 1]) * length + crossing[:, 2]
    through = at_bottom / 2
    np.add.at(through, parent[:-1], at_top[:-1] / 2)
    down = through - at_bottom  # pairs meeting at the node, root above it
    for node in range(n - 1):
        down[parent[node]] += down[node]
    up = np.zeros(n)
    for node in range(n - 2, -1, -1):
        above = parent[node]
        siblings = down[above] - (through[above] - at_bottom[above]) - down[node]
        up[node] = through[above] - at_top[node] + up[above] + siblings
    return down + up


def _one_of_each(distances: FloatArray) -> BoolArray:
    """Marks the first of every group of leaves at (almost) no distance from one another."""
    single = np.ones(len(distances), dtype=bool)
    near = distances <= SAME * distances.max()
    for leaf in range(len(distances)):
        if single[leaf]:
            single[leaf + 1 :] &= ~near[leaf, leaf + 1 :]
    return single


def _depths(parent: IntArray, length: FloatArray) -> FloatArray:
    depth = np.zeros(len(parent))
    for node in range(len(parent) - 2, -1, -1):
        depth[node] = depth[parent[node]] + length[node]
    return depth
