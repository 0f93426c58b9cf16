"""Names beside the leaves of a tree, in points, placed so that none touch.

Here: `Drawing`, a layout scaled to points with its labels, for rectangular and circular trees.
Next door: `fans` does the same for unrooted trees; `layout` gives the coordinates; `tree` draws.

The font is the largest of `SIZES` that fits. Where even the smallest doesn't, every k-th leaf
keeps its name, and the drawing says how many were left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phylolm.figures.layout import CIRCLE, Array, Layout, Stroke, box, touching

SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5, 4.0)
LINE = 1.28
"""Height of a line of text over its font size, with a hair of air."""
PAD = 4.0
SLACK = 1.06
"""Renderers round letter widths to whole pixels; allow for it."""


@dataclass(frozen=True)
class Label:
    """A leaf's name: it starts at (x, y) and runs in direction `angle` (radians)."""

    node: int
    x: float
    y: float
    angle: float
    size: float
    width: float


@dataclass(frozen=True, eq=False)
class Drawing:
    """A tree in points: lines, labels, the thin lines that join far labels to their leaves."""

    xy: Array
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]
    leaders: tuple[Array, ...]
    scale: float
    hidden: int

    def bounds(self) -> Array:
        """Lower left and upper right corner, labels included."""
        corners = [self.xy, *(label_box(label) for label in self.labels)]
        everything = np.concatenate(corners)
        return np.array([everything.min(axis=0), everything.max(axis=0)])


@dataclass(frozen=True, eq=False)
class Room:
    """Points a drawing may take, or None where the figure grows to what it needs."""

    width: float | None = None
    height: float | None = None


def label_box(label: Label) -> Array:
    """The four corners of a label."""
    start = np.array([label.x, label.y])
    return box(start, label.angle, label.width, label.size * LINE)


def scaled(layout: Layout, factor: Array) -> tuple[Array, tuple[Stroke, ...]]:
    """A layout's node places and strokes, times a factor."""
    strokes = tuple(Stroke(s.node, s.points * factor) for s in layout.strokes)
    return layout.xy * factor, strokes


def roomy_size(leaves: int) -> float:
    """The font for a figure that may grow."""
    return 8.0 if leaves <= 60 else 7.0 if leaves <= 120 else 6.0 if leaves <= 250 else 5.0


def place_rectangular(layout: Layout, widths: Array, room: Room) -> Drawing:
    """One row a leaf; `widths` are those of the names at 1 point."""
    m = len(layout.leaves)
    if room.height is None:
        size = roomy_size(m)
        pitch = size * 1.45
    else:
        pitch = room.height / max(m, 1)
        size = _fitting(pitch)
    every = max(1, int(np.ceil(size * LINE / pitch)))
    span = room.width if room.width is not None else 620.0
    x = layout.xy[list(layout.leaves), 0]
    shown = np.arange(m) % every == 0
    free = span - PAD - np.where(shown, widths * size * SLACK, 0.0)
    if every > 1:
        x, free = x.max(keepdims=True), free.min(keepdims=True)
    scale = _largest_scale(x, free, span)
    xy, strokes = scaled(layout, np.array([scale, pitch]))
    # A name taller than its row would lie on its neighbours' branches: those go to one column.
    column = xy[:, 0].max() if every > 1 else None
    labels, leaders = [], []
    for leaf, width in list(zip(layout.leaves, widths, strict=True))[::every]:
        tip_x, y = xy[leaf]
        start = (tip_x if column is None else column) + PAD
        labels.append(Label(leaf, start, y, 0.0, size, width * size * SLACK))
        leaders.append(np.array([[tip_x + 1.5, y], [start - 1.5, y]]))
    return Drawing(xy, strokes, tuple(labels), tuple(leaders), scale, m - len(labels))


def _fitting(pitch: float) -> float:
    return next((size for size in SIZES if size * LINE <= pitch), SIZES[-1])


def _largest_scale(x: Array, free: Array, span: float) -> float:
    """Points per unit so that every tip leaves room for its label, but never under a third."""
    deepest = x.max(initial=0.0)
    if deepest <= 0:
        return 1.0
    reach = x > 0
    return float(max(np.min(free[reach] / x[reach]), span / 3 / deepest))


def place_circular(layout: Layout, widths: Array, room: Room) -> Drawing:
    """Names on a ring around the tree, each in its leaf's direction."""
    m = len(layout.leaves)
    longest = float(widths.max(initial=0.0)) * SLACK
    if room.width is None or room.height is None:
        size = roomy_size(m)
        ring = max(150.0, size * LINE * m / CIRCLE)
    else:
        size, ring = _ring_within(min(room.width, room.height) / 2, longest, m)
    every = max(1, int(np.ceil(size * LINE * m / CIRCLE / ring - 1e-9)))
    radius = np.hypot(*layout.xy.T)
    scale = (ring - 2 * PAD) / (radius.max() or 1.0)
    xy, strokes = scaled(layout, np.array([scale, scale]))
    labels, leaders = [], []
    for leaf, width in list(zip(layout.leaves, widths, strict=True))[::every]:
        out = np.array([np.cos(layout.angle[leaf]), np.sin(layout.angle[leaf])])
        start = out * ring
        text = Label(leaf, start[0], start[1], layout.angle[leaf], size, width * size * SLACK)
        labels.append(text)
        leaders.append(np.array([xy[leaf] + out * 1.5, out * (ring - 2)]))
    return Drawing(xy, strokes, tuple(labels), tuple(leaders), scale, m - len(labels))


def _ring_within(outer: float, longest: float, m: int) -> tuple[float, float]:
    """The largest font, and its ring, for a circle of radius `outer` that holds ring and names."""
    for size in SIZES:
        ring = outer - longest * size
        if ring >= outer * 0.4 and size * LINE * m / CIRCLE <= ring:
            return size, ring
    return SIZES[-1], max(outer - longest * SIZES[-1], outer * 0.4)


def clear_spot(spots: Sequence[Array], taken: Array) -> int | None:
    """The first of the boxes `spots` that touches none of `taken`, or None."""
    for i, spot in enumerate(spots):
        if not touching(spot, taken, 0.3).any():
            return i
    return None
