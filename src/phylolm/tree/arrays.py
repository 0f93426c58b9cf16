"""Surgery on a tree's arrays: order, contract, prune, reroot; no recursion anywhere.

Here: plain functions over `Arrays`. Next door: `tree` wraps them in the public type, `rooting`
finds where a root belongs, `newick` turns arrays into text and back.

A branch's support is a property of the split it makes, so when a node's parent changes the
support travels with the branch, not with the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

NULL = -1
"""Parent of the root."""


class Arrays(NamedTuple):
    """The four fields of a Tree, each of n entries; see `phylolm.tree.tree.Tree`."""

    parent: IntArray
    length: FloatArray
    names: tuple[str, ...]
    support: FloatArray


def children_of(parent: Sequence[int] | IntArray) -> list[list[int]]:
    """Children of every node, in index order."""
    children: list[list[int]] = [[] for _ in range(len(parent))]
    for node, above in enumerate(np.asarray(parent).tolist()):
        if above != NULL:
            children[above].append(node)
    return children


def depth_first(children: Sequence[Sequence[int]], root: int) -> list[int]:
    """Nodes below and including `root`, children before parents, subtrees contiguous."""
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(children[node])
    order.reverse()
    return order


def subtree_sums(parent: IntArray, per_node: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sum of `per_node` over each node's subtree; children must come before parents."""
    total = per_node.tolist()
    for node, above in enumerate(parent.tolist()):
        if above != NULL:
            total[above] += total[node]
    return np.asarray(total, dtype=np.int64)


def take(arrays: Arrays, order: Sequence[int]) -> Arrays:
    """Keep the nodes in `order` and number them so; a kept node's parent must be kept too."""
    index = np.asarray(order, dtype=np.int64)
    number = np.full(len(arrays.parent), NULL, dtype=np.int32)
    number[index] = np.arange(len(index), dtype=np.int32)
    above = arrays.parent[index]
    parent = np.where(above == NULL, NULL, number[above]).astype(np.int32)
    names = tuple(arrays.names[node] for node in index.tolist())
    return cleaned(Arrays(parent, arrays.length[index], names, arrays.support[index]))


def renumber(arrays: Arrays, children: Sequence[Sequence[int]] | None = None) -> Arrays:
    """Depth-first order, children in the given order (by index if none is given)."""
    root = int(np.flatnonzero(arrays.parent == NULL)[0])
    return take(arrays, depth_first(children or children_of(arrays.parent), root))


def cleaned(arrays: Arrays) -> Arrays:
    """No support on leaf branches or the root, no length above the root."""
    inner = np.zeros(len(arrays.parent), dtype=bool)
    inner[arrays.parent[arrays.parent != NULL]] = True
    is_root = arrays.parent == NULL
    support = np.where(inner & ~is_root, arrays.support, np.nan)
    return arrays._replace(length=np.where(is_root, 0.0, arrays.length), support=support)


def suppress_unary(arrays: Arrays) -> Arrays:
    """Join the two branches of every inner node with a single child.

    Lengths add up. The joined branch keeps the greater support: every replicate tree that has
    either branch's split also has the joined one's, so each is a lower bound.
    """
    parent, length, support = (arrays.parent.copy(), arrays.length.copy(), arrays.support.copy())
    n_children = np.bincount(parent[parent != NULL], minlength=len(parent))
    for node in range(len(parent) - 2, -1, -1):
        above = parent[node]
        if n_children[above] == 1:
            length[node] += length[above]
            support[node] = np.fmax(support[node], support[above])
            parent[node] = parent[above]
    kept = np.flatnonzero(n_children != 1)
    return take(Arrays(parent, length, arrays.names, support), kept.tolist())


def contract(arrays: Arrays, mask: BoolArray) -> Arrays:
    """Remove the inner branches above the nodes in `mask`, giving their children their length."""
    parent, length = arrays.parent.copy(), arrays.length.copy()
    for node in range(len(parent) - 2, -1, -1):
        above = parent[node]
        if mask[above]:
            length[node] += length[above]
            parent[node] = parent[above]
    kept = np.flatnonzero(~mask)
    return take(arrays._replace(parent=parent, length=length), kept.tolist())


def prune(arrays: Arrays, keep: BoolArray) -> Arrays:
    """The tree of the leaves in `keep` (bool over nodes), path lengths unchanged."""
    wanted = subtree_sums(arrays.parent, keep.astype(np.int64)) > 0
    return suppress_unary(take(arrays, np.flatnonzero(wanted).tolist()))


def unroot(arrays: Arrays) -> Arrays:
    """Turn a root of two children into one of three or more (if there are three leaves).

    The smaller side becomes a child of the node at the far end of the joined root branch.
    """
    root = len(arrays.parent) - 1
    below = np.flatnonzero(arrays.parent == root)
    if len(below) != 2:
        return arrays
    sizes = subtree_sums(arrays.parent, np.ones(root + 1, dtype=np.int64))[below]
    if sizes.max() == 1:
        return arrays
    gone, sister = (below[0], below[1]) if sizes[0] >= sizes[1] else (below[1], below[0])
    length, support = arrays.length.copy(), arrays.support.copy()
    length[sister] += length[gone]
    support[sister] = np.fmax(support[sister], support[gone])
    length[gone] = 0.0
    mask = np.zeros(root + 1, dtype=bool)
    mask[gone] = True
    return contract(arrays._replace(length=length, support=support), mask)


def reroot(arrays: Arrays, node: int, above: float) -> Arrays:
    """Put a new root on the branch above `node`, at distance `above` from it.

    Branches on the way to the old root turn round and carry their lengths and supports along;
    an old root of two children disappears.
    """
    path = _path_to_root(arrays.parent, node)
    parent = np.append(arrays.parent, np.int32(NULL))
    length = np.append(arrays.length, 0.0)
    support = np.append(arrays.support, np.nan)
    new_root = len(arrays.parent)
    below = new_root
    for child, old_parent in zip(path[:-1], path[1:], strict=True):
        parent[old_parent] = below
        length[old_parent] = arrays.length[child]
        support[old_parent] = arrays.support[child]
        below = old_parent
    parent[node] = new_root
    length[node] = above
    length[path[1]] = arrays.length[node] - above
    turned = Arrays(parent, length, (*arrays.names, ""), support)
    return suppress_unary(renumber(turned))


def _path_to_root(parent: IntArray, node: int) -> list[int]:
    path = [node]
    while parent[path[-1]] != NULL:
        path.append(int(parent[path[-1]]))
    return path
