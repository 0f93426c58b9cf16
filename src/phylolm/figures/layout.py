"""Where things go in a tree picture: pure coordinates, no drawing.

Here: the three tree layouts in units of branch length, and the tests for labels that touch.
Next door: `labels` writes names beside these coordinates, `tree` draws both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phylolm.tree.tree import Tree

Array = npt.NDArray[np.float64]

CIRCLE = np.deg2rad(354.0)
"""A circular tree leaves a small gap, so that the first and the last leaf are told apart."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """One line of the picture: the branch above `node`, or the bar joining its children."""

    node: int
    points: Array


@dataclass(frozen=True, eq=False)
class Layout:
    """A tree's coordinates in units of branch length (y in leaves when rectangular).

    xy: (n, 2) position of each node. angle: (n,) direction of each node seen from its parent.
    leaves: leaf nodes in drawing order.
    """

    xy: Array
    angle: Array
    leaves: tuple[int, ...]
    strokes: tuple[Stroke, ...]


def children_of(tree: Tree) -> list[list[int]]:
    """The children of each node, in node order."""
    children: list[list[int]] = [[] for _ in tree.names]
    for node, parent in enumerate(tree.parent.tolist()[:-1]):
        children[parent].append(node)
    return children


def leaf_order(children: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Leaf nodes from the first child of each node to its last."""
    order, stack = [], [len(children) - 1]
    while stack:
        node = stack.pop()
        stack.extend(reversed(children[node]))
        if not children[node]:
            order.append(node)
    return tuple(order)


def depths(tree: Tree) -> Array:
    """Distance of each node from the root; a negative branch is drawn with length zero."""
    depth = np.maximum(np.nan_to_num(tree.length), 0.0)
    depth[-1] = 0.0
    for node in range(len(depth) - 2, -1, -1):
        depth[node] += depth[tree.parent[node]]
    return depth


def _ranks(tree: Tree, children: Sequence[Sequence[int]], leaves: Sequence[int]) -> Array:
    """Each leaf's place in the drawing order; an inner node is halfway between its children."""
    rank = np.zeros(len(tree.names))
    rank[list(leaves)] = np.arange(len(leaves))
    for node, below in enumerate(children):
        if below:
            rank[node] = (rank[below[0]] + rank[below[-1]]) / 2
    return rank


def rectangular(tree: Tree) -> Layout:
    """Root left, leaves right; x is the distance from the root, y minus the leaf's rank."""
    children = children_of(tree)
    leaves = leaf_order(children)
    x, y = depths(tree), -_ranks(tree, children, leaves)
    strokes = []
    for node, below in enumerate(children):
        start = x[tree.parent[node]] if node < len(x) - 1 else x[node]
        strokes.append(Stroke(node, np.array([[start, y[node]], [x[node], y[node]]])))
        if len(below) > 1:
            ends = [[x[node], y[below[0]]], [x[node], y[below[-1]]]]
            strokes.append(Stroke(node, np.array(ends)))
    return Layout(np.column_stack([x, y]), np.zeros(len(x)), leaves, tuple(strokes))


def circular(tree: Tree) -> Layout:
    """Root in the middle; radius is the distance from the root, leaves in equal angles."""
    children = children_of(tree)
    leaves = leaf_order(children)
    radius = depths(tree)
    step = CIRCLE / max(len(leaves), 1)
    angle = np.pi / 2 - step * (_ranks(tree, children, leaves) + 0.5)
    strokes = []
    for node, below in enumerate(children):
        start = radius[tree.parent[node]] if node < len(radius) - 1 else radius[node]
        strokes.append(Stroke(node, _polar(np.array([start, radius[node]]), angle[[node, node]])))
        if len(below) > 1 and radius[node] > 0:
            strokes.append(Stroke(node, _arc(radius[node], angle[below[0]], angle[below[-1]])))
    return Layout(_polar(radius, angle), angle, leaves, tuple(strokes))


def _polar(radius: Array, angle: Array) -> Array:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _arc(radius: float, start: float, end: float) -> Array:
    steps = 2 + int(abs(end - start) / np.deg2rad(2.5))
    return _polar(np.full(steps, radius), np.linspace(start, end, steps))


def unrooted(tree: Tree) -> Layout:
    """Felsenstein's equal-angle layout: each clade gets a wedge as wide as its share of leaves.

    The wedges never meet, so branches never cross, and a ray prolonging a leaf's branch stays
    clear of every other branch (Felsenstein 2004, Inferring Phylogenies, ch. 34).
    """
    children = children_of(tree)
    leaves = leaf_order(children)
    rank, share = _wedges(children, leaves)
    angle = np.pi / 2 - 2 * np.pi * (rank + share / 2) / max(len(leaves), 1)
    length = np.maximum(np.nan_to_num(tree.length), 0.0)
    steps = _polar(length, angle)
    parents = tree.parent.tolist()
    xy = np.zeros_like(steps)
    for node in range(len(xy) - 2, -1, -1):
        xy[node] = xy[parents[node]] + steps[node]
    strokes = tuple(
        Stroke(node, np.array([xy[parents[node]], xy[node]])) for node in range(len(xy) - 1)
    )
    return Layout(xy, angle, leaves, strokes)


def _wedges(children: Sequence[Sequence[int]], leaves: Sequence[int]) -> tuple[Array, Array]:
    """For each node, the rank of its first leaf and the number of its leaves."""
    first, count = np.zeros(len(children)), np.zeros(len(children))
    first[list(leaves)] = np.arange(len(leaves))
    count[list(leaves)] = 1
    for node, below in enumerate(children):
        if below:
            first[node] = first[below[0]]
            count[node] = sum(count[child] for child in below)
    return first, count


def box(start: Array, angle: float, width: float, height: float) -> Array:
    """Corners (4, 2) of a `width` by `height` box running from `start` in direction `angle`."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) * height / 2
    end = start + along * width
    return np.array([start - across, end - across, end + across, start + across])


def touching(shape: Array, others: Array, gap: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which of the `others` (k, 4, 2) come within `gap` of the box `shape` (4, 2).

    Separating axes: two convex shapes are apart if and only if they are so along a normal of
    one of their edges. A line segment p, q counts as the flat box p, q, q, p.
    """
    hit = np.ones(len(others), dtype=bool)
    for edge in (shape[1] - shape[0], shape[2] - shape[1]):
        normal = _unit(np.array([-edge[1], edge[0]]))
        hit &= _meet(shape @ normal, others @ normal, gap)
    for side in (0, 1):
        edges = others[:, side + 1] - others[:, side]
        normals = _unit(np.column_stack([-edges[:, 1], edges[:, 0]]))
        theirs = np.einsum("kcx,kx->kc", others, normals)
        hit &= _meet(normals @ shape.T, theirs, gap)
    return hit


def _unit(vectors: Array) -> Array:
    size = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(size > 0, size, 1.0))


def _meet(ours: Array, theirs: Array, gap: float) -> npt.NDArray[np.bool_]:
    apart = (theirs.min(axis=-1) > ours.max(axis=-1) + gap) | (
        theirs.max(axis=-1) < ours.min(axis=-1) - gap
    )
    return np.asarray(~apart)


def segments(strokes: Sequence[Stroke]) -> Array:
    """All straight pieces of the strokes as flat boxes (k, 4, 2), for `touching`."""
    pieces = [
        np.stack([s.points[:-1], s.points[1:], s.points[1:], s.points[:-1]], axis=1)
        for s in strokes
    ]
    return np.concatenate(pieces) if pieces else np.zeros((0, 4, 2))
