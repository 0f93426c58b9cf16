"""Names around an unrooted tree, in points, placed so that none touch.

Each name prolongs its leaf's branch. Far enough from the branch's foot it fits inside the leaf's
own wedge of the equal-angle layout, which it shares with nothing: a start without a collision.
From there each name is pulled in as near to its leaf as stays clear of all else. Next door:
`labels` does the other layouts.
"""

from __future__ import annotations

import numpy as np

from phylolm.figures.labels import LINE, PAD, SIZES, SLACK, Drawing, Label, Room, roomy_size, scaled
from phylolm.figures.layout import Array, Layout, box, segments, touching

PULLED_UP_TO = 400
"""With more leaves the names stay where they start; pulling in takes time quadratic in them."""

_STEP = 4.0
_AIR = 0.6
_SWEEPS = 3


def place_unrooted(layout: Layout, widths: Array, room: Room) -> Drawing:
    """Names in the direction of the leaves' branches; `widths` are theirs at 1 point."""
    m = len(layout.leaves)
    extent = float(np.ptp(layout.xy, axis=0).max()) or 1.0
    if room.width is None or room.height is None:
        reach = float(np.clip(30 * m**0.5 + 200, 280, 1600))
        return _around(layout, widths, roomy_size(m), reach / extent)
    for size in SIZES[::2]:
        scale = _fill(layout, widths, size, (room.width, room.height))
        if scale * extent >= 0.4 * min(room.width, room.height):
            return _around(layout, widths, size, scale)
    return _thinned(layout, widths, (room.width, room.height))


def _fill(layout: Layout, widths: Array, size: float, room: tuple[float, float]) -> float:
    """The largest scale, by bisection, whose drawing stays within the room."""
    extent = np.ptp(layout.xy, axis=0)
    high = float(np.min(np.array(room) / np.where(extent > 0, extent, 1.0)))
    low = high * 0.05
    for _ in range(6):
        middle = (low + high) / 2
        trial = _around(layout, widths, size, middle, pull=False)
        fits = bool(np.all(np.ptp(trial.bounds(), axis=0) <= room))
        low, high = (middle, high) if fits else (low, middle)
    return low


def _thinned(layout: Layout, widths: Array, room: tuple[float, float]) -> Drawing:
    """Two thirds of the room for the tree, and the names that find a clear place around it."""
    extent = np.ptp(layout.xy, axis=0)
    scale = 0.67 * float(np.min(np.array(room) / np.where(extent > 0, extent, 1.0)))
    bare = _around(layout, widths, SIZES[-1], scale, pull=False)
    boxes = _Boxes.of(layout, bare.xy, widths, SIZES[-1])
    centre = (bare.xy.min(axis=0) + bare.xy.max(axis=0)) / 2
    placed = _first_come(boxes, segments(bare.strokes), np.array([centre, np.array(room) / 2]))
    labels = tuple(boxes.label(i, layout.leaves[i], d, SIZES[-1]) for i, d in placed.items())
    leaders = tuple(boxes.leader(i, d)[:2] for i, d in placed.items())
    return Drawing(bare.xy, bare.strokes, labels, leaders, scale, len(boxes.tips) - len(labels))


def _first_come(boxes: _Boxes, lines: Array, frame: Array) -> dict[int, float]:
    """Leaf to distance for the names that fit inside the frame (centre, half size).

    Every eighth leaf is served first, then those between, so that no side goes without.
    """
    placed: dict[int, float] = {}
    names, leaders = np.zeros((0, 4, 2)), np.zeros((0, 4, 2))
    for i in sorted(range(len(boxes.tips)), key=lambda i: (i % 8, i)):
        taken = np.concatenate([lines, names, leaders])
        for distance in np.arange(PAD, float(np.hypot(*frame[1])), _STEP):
            name, leader = boxes.name(i, distance), boxes.leader(i, distance)
            if (np.abs(name - frame[0]) > frame[1]).any() or touching(leader, names, 0).any():
                break
            if not touching(name, taken, _AIR).any():
                placed[i] = float(distance)
                names = np.concatenate([names, name[None]])
                leaders = np.concatenate([leaders, leader[None]])
                break
    return placed


def _around(layout: Layout, widths: Array, size: float, scale: float, pull: bool = True) -> Drawing:
    xy, strokes = scaled(layout, np.array([scale, scale]))
    m, leaves = len(layout.leaves), list(layout.leaves)
    lengths = {s.node: float(np.hypot(*(s.points[1] - s.points[0]))) for s in strokes}
    in_wedge = size * LINE / 2 / np.tan(np.pi / m) + 1 if m > 2 else 0.0
    start = np.array([max(in_wedge - lengths.get(leaf, 0.0), PAD) for leaf in leaves])
    boxes = _Boxes.of(layout, xy, widths, size)
    if pull and m <= PULLED_UP_TO:
        start = _pull_in(boxes, start, segments(strokes))
    labels = tuple(boxes.label(i, leaf, start[i], size) for i, leaf in enumerate(leaves))
    leaders = tuple(boxes.leader(i, start[i])[:2] for i in range(m))
    return Drawing(xy, strokes, labels, leaders, scale, 0)


class _Boxes:
    """The box and the leader line of each name, as a function of its distance from the tip."""

    def __init__(self, tips: Array, angles: Array, widths: Array, height: float) -> None:
        self.tips, self.angles, self.widths, self.height = tips, angles, widths, height
        self.out = np.column_stack([np.cos(angles), np.sin(angles)])

    @classmethod
    def of(cls, layout: Layout, xy: Array, widths: Array, size: float) -> _Boxes:
        leaves = list(layout.leaves)
        return cls(xy[leaves], layout.angle[leaves], widths * size * SLACK, size * LINE)

    def label(self, i: int, leaf: int, distance: float, size: float) -> Label:
        x, y = self.tips[i] + self.out[i] * distance
        return Label(leaf, x, y, float(self.angles[i]), size, float(self.widths[i]))

    def name(self, i: int, distance: float, extra: float = 0.0) -> Array:
        start = self.tips[i] + self.out[i] * distance
        return box(start, float(self.angles[i]), float(self.widths[i]) + extra, self.height)

    def leader(self, i: int, distance: float) -> Array:
        start = self.tips[i] + self.out[i] * 1.5
        end = self.tips[i] + self.out[i] * max(distance - 1.5, 1.5)
        return np.array([start, end, end, start])


def _pull_in(boxes: _Boxes, start: Array, lines: Array) -> Array:
    """Nearest clear distances; nothing ever touches on the way, as each step keeps that true."""
    distance = start.copy()
    names = np.array([boxes.name(i, d) for i, d in enumerate(distance)])
    leaders = np.array([boxes.leader(i, d) for i, d in enumerate(distance)])
    for _ in range(_SWEEPS):
        before = distance.copy()
        for i in np.argsort(-distance, kind="stable"):
            others = np.arange(len(distance)) != i
            taken = np.concatenate([lines, names[others], leaders[others]])
            distance[i] = _nearest_clear(boxes, int(i), float(distance[i]), taken)
            names[i], leaders[i] = boxes.name(i, distance[i]), boxes.leader(i, distance[i])
        if np.array_equal(before, distance):
            break
    return distance


def _nearest_clear(boxes: _Boxes, i: int, limit: float, taken: Array) -> float:
    """The least distance below `limit` at which name i touches nothing taken; else `limit`."""
    lane = boxes.name(i, PAD, extra=limit - PAD)
    near = taken[touching(lane, taken, _AIR)]
    for distance in np.arange(PAD, limit, _STEP):
        if not len(near) or not touching(boxes.name(i, distance), near, _AIR).any():
            return float(distance)
    return limit
