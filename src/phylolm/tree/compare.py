"""How two trees of the same leaves differ: Robinson-Foulds and quartets.

Both look at unrooted trees and allow branching in more than two. Next door: `support` compares
one tree with many replicates; `tree.Tree.collapse` drops branches that deserve no comparing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from phylolm.errors import DataError, listed
from phylolm.jit import kernel
from phylolm.tree.arrays import subtree_sums
from phylolm.tree.tree import Tree

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SplitComparison:
    """Splits (inner branches) that two trees share and don't (Robinson & Foulds 1981).

    false_positives: splits only in the tree; false_negatives: only in the truth; shared: in both.
    """

    false_positives: int
    false_negatives: int
    shared: int

    @property
    def rf(self) -> int:
        """The distance: splits in one tree only."""
        return self.false_positives + self.false_negatives

    @property
    def normalised(self) -> float:
        """`rf` as a part of all splits of both trees: 0 the same, 1 nothing in common."""
        return self.rf / max(self.rf + 2 * self.shared, 1)


@dataclass(frozen=True)
class QuartetDistance:
    """Fates of all sets of four leaves in a tree and the truth (Estabrook et al. 1985).

    agreeing, differing: resolved in both trees, alike or not. only_tree, only_truth: resolved in
    one of them. unresolved: in neither. The five sum to `total`.
    """

    agreeing: int
    differing: int
    only_tree: int
    only_truth: int
    unresolved: int

    @property
    def total(self) -> int:
        """Number of quartets."""
        return sum(
            (self.agreeing, self.differing, self.only_tree, self.only_truth, self.unresolved)
        )

    @property
    def resolved_in_both(self) -> int:
        """Quartets the two trees can disagree on."""
        return self.agreeing + self.differing

    @property
    def unresolved_in_truth(self) -> int:
        """Quartets on which the truth takes no side."""
        return self.only_tree + self.unresolved

    @property
    def distance(self) -> int:
        """Quartets that are not the same in both trees, resolved or not."""
        return self.differing + self.only_tree + self.only_truth

    @property
    def normalised(self) -> float:
        """`differing` as a part of the quartets resolved in both; 2/3 is a random tree."""
        return self.differing / max(self.resolved_in_both, 1)

    def __str__(self) -> str:
        return (
            f"{self.differing} of {self.resolved_in_both} resolved in both differ "
            f"({self.normalised:.3f}); unresolved: {self.unresolved_in_truth} in the truth, "
            f"{self.only_truth + self.unresolved} in the tree"
        )


def robinson_foulds(tree: Tree, truth: Tree) -> SplitComparison:
    """Compare the splits of `tree` with those of `truth`, trees of the same n leaves. O(n).

    A split counts by a sum of random 128-bit codes of its leaves, so two would be taken for one
    with probability of about n^2 / 2^128.

    Raises:
        DataError: the leaves differ.
    """
    _check_same_leaves(tree, truth)
    source = random.Random(1981)
    codes = {name: source.getrandbits(128) for name in sorted(truth.leaf_names)}
    ours, theirs = _split_keys(tree, codes), _split_keys(truth, codes)
    return SplitComparison(len(ours - theirs), len(theirs - ours), len(ours & theirs))


def _split_keys(tree: Tree, codes: dict[str, int]) -> set[int]:
    """Keys of the splits of two or more leaves against two or more, the same for either side."""
    parent = tree.parent.tolist()
    leaf = tree.is_leaf.tolist()
    below = [codes[name] if tip else 0 for name, tip in zip(tree.names, leaf, strict=True)]
    size = [int(tip) for tip in leaf]
    for node in range(len(parent) - 1):
        below[parent[node]] += below[node]
        size[parent[node]] += size[node]
    whole, n_leaves = below[-1], size[-1]
    return {min(b, whole - b) for b, s in zip(below, size, strict=True) if 1 < s < n_leaves - 1}


def quartet_distance(tree: Tree, truth: Tree) -> QuartetDistance:
    """Compare all quartets of leaves of `tree` and `truth`, trees of the same n leaves.

    Exact; by the intersections of the leaf sets around every two nodes (after Christiansen et
    al. 2006). O(n^2) time if one tree is fully resolved, else up to O(n^3); O(n^2) memory.

    Raises:
        DataError: the leaves differ.
    """
    _check_same_leaves(tree, truth)
    first, second = tree.unroot(), truth.unroot()
    place = {name: column for column, name in enumerate(first.leaf_names)}
    aligned = second.leafsets()[:, np.argsort([place[name] for name in second.leaf_names])]
    shared = first.leafsets().astype(float) @ aligned.T.astype(float)
    one, other = _around(first), _around(second)
    n = first.n_leaves
    if n < 4:
        return QuartetDistance(0, 0, 0, 0, 0)
    total = n * (n - 1) * (n - 2) * (n - 3) // 24
    resolved, resolved_truth = _resolved(one), _resolved(other)
    both_open = resolved < total and resolved_truth < total
    agreeing, differing = _compare(shared.astype(np.int64), one, other, both_open)
    if not both_open:  # all that one tree resolves, the other does too
        differing = min(resolved, resolved_truth) - agreeing
    both = agreeing + differing
    only_tree, only_truth = resolved - both, resolved_truth - both
    unresolved = total - both - only_tree - only_truth
    return QuartetDistance(agreeing, differing, only_tree, only_truth, unresolved)


class _Around(NamedTuple):
    """A tree's inner nodes and what hangs on them, as arrays that a kernel takes.

    size (n,): leaves below each node. inner: the inner nodes. kids: their children, those of
    inner[i] from start[i] to start[i + 1].
    """

    size: IntArray
    inner: IntArray
    start: IntArray
    kids: IntArray


def _around(tree: Tree) -> _Around:
    size = subtree_sums(tree.parent, tree.is_leaf.astype(np.int64))
    inner = np.flatnonzero(~tree.is_leaf)
    below = [tree.children[node] for node in inner]
    start = np.cumsum([0, *map(len, below)], dtype=np.int64)
    kids = np.array([kid for kids in below for kid in kids], dtype=np.int64)
    return _Around(size, inner, start, kids)


def _resolved(tree: _Around) -> int:
    """Number of quartets the tree resolves: for every node, two leaves of one part against two
    of different other parts; each quartet has two such nodes."""
    n_leaves, twice = int(tree.size[-1]), 0
    for i, node in enumerate(tree.inner):
        below = tree.size[tree.kids[tree.start[i] : tree.start[i + 1]]]
        part = np.append(below, n_leaves - tree.size[node])
        others = (n_leaves - part) ** 2 - (np.sum(part**2) - part**2)
        twice += int(np.sum(part * (part - 1) // 2 * (others // 2)))
    return twice // 2


@kernel
def _compare(
    shared: IntArray, one: _Around, other: _Around, count_differing: bool
) -> tuple[int, int]:
    """Quartets resolved alike and (if asked, else 0) differently in two trees.

    shared (n1, n2): leaves below both a node of the one and a node of the other tree.
    """
    widest_one, widest_other = _widest(one), _widest(other)
    space = np.empty((widest_one, widest_other), dtype=np.int64)
    agreeing = differing = 0
    for v in range(len(one.inner)):
        for w in range(len(other.inner)):
            table = _parts(space, shared, one, other, v, w)
            agreeing += _agreements(table)
            if count_differing:
                differing += _disagreements(table)
    return agreeing // 2, differing // 4


@kernel
def _widest(tree: _Around) -> int:
    return int(np.max(tree.start[1:] - tree.start[:-1])) + 1


@kernel
def _parts(
    space: IntArray, shared: IntArray, one: _Around, other: _Around, v: int, w: int
) -> IntArray:
    """Leaves in both part i around node v and part j around node w; the last part is above."""
    kids = one.kids[one.start[v] : one.start[v + 1]]
    other_kids = other.kids[other.start[w] : other.start[w + 1]]
    node, other_node = one.inner[v], other.inner[w]
    k, m = len(kids), len(other_kids)
    table = space[: k + 1, : m + 1]
    for j in range(m):
        table[k, j] = other.size[other_kids[j]] - shared[node, other_kids[j]]
    for i in range(k):
        for j in range(m):
            table[i, j] = shared[kids[i], other_kids[j]]
        table[i, m] = one.size[kids[i]] - shared[kids[i], other_node]
    both = shared[node, other_node]
    table[k, m] = one.size[-1] - one.size[node] - other.size[other_node] + both
    return table


@kernel
def _agreements(table: IntArray) -> int:
    """Sets {a, b | c, d}: c and d in one cell (x, y), a and b in different other rows and in
    different other columns. All sums over other rows and columns come from whole sums."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    row_squares, column_squares = (table**2).sum(axis=1), (table**2).sum(axis=0)
    found = 0
    for x in range(table.shape[0]):
        column_rest = np.sum((columns - table[x]) ** 2)
        for y in range(table.shape[1]):
            cell = table[x, y]
            if cell < 2:
                continue
            left = rows.sum() - rows[x] - columns[y] + cell
            same_row = np.sum((rows - table[:, y]) ** 2) - (rows[x] - cell) ** 2
            same_column = column_rest - (columns[y] - cell) ** 2
            same_cell = row_squares.sum() - row_squares[x] - column_squares[y] + cell**2
            pairs = (left**2 - same_row - same_column + same_cell) // 2
            found += cell * (cell - 1) // 2 * pairs
    return found


@kernel
def _disagreements(table: IntArray) -> int:
    """Sets with d in cell (x, y), c in row x, b in column y and a elsewhere: {a, b | c, d} in the
    one tree, {a, c | b, d} in the other; a in neither b's row nor c's column."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    row_squares, column_squares = (table**2).sum(axis=1), (table**2).sum(axis=0)
    through = _through(table)
    found = 0
    for x in range(table.shape[0]):
        along_row = np.sum(table[x] * columns) - row_squares[x]
        for y in range(table.shape[1]):
            cell = table[x, y]
            if cell == 0:
                continue
            c_choices, b_choices = rows[x] - cell, columns[y] - cell
            a_choices = rows.sum() - rows[x] - columns[y] + cell
            a_with_c = along_row - cell * b_choices
            a_with_b = np.sum(table[:, y] * rows) - column_squares[y] - cell * c_choices
            a_with_both = through[x, y] - cell * (row_squares[x] + column_squares[y] - cell**2)
            choices = a_choices * b_choices * c_choices + a_with_both
            found += cell * (choices - b_choices * a_with_c - c_choices * a_with_b)
    return found


@kernel
def _through(table: IntArray) -> IntArray:
    """table @ table.T @ table in the cheaper order."""
    k, m = table.shape
    product = np.zeros((k, m), dtype=np.int64)
    if k <= m:
        for x in range(k):
            for i in range(k):
                product[x] += np.sum(table[x] * table[i]) * table[i]
    else:
        for y in range(m):
            for j in range(m):
                product[:, y] += np.sum(table[:, y] * table[:, j]) * table[:, j]
    return product


def _check_same_leaves(tree: Tree, truth: Tree) -> None:
    ours, theirs = set(tree.leaf_names), set(truth.leaf_names)
    if ours != theirs:
        sides = (
            f"only in the {which} {listed(map(repr, sorted(names)), 3)}"
            for which, names in (("first", ours - theirs), ("second", theirs - ours))
            if names
        )
        raise DataError("trees of different models can't be compared: " + "; ".join(sides))
