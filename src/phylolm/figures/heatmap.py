"""The matrix of similarities or distances, its rows in the order of a tree.

Here: `plot_heatmap` and its `HeatmapStyle`. Next door: `layout` draws the dendrogram's
coordinates, `colours` the colour map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import DataError
from phylolm.figures import colours as palette
from phylolm.figures.layout import Array, rectangular
from phylolm.figures.style import (
    FAINT,
    LEADER,
    MARGIN,
    Header,
    Page,
    draw_header,
    draw_lines,
    header,
    new_page,
    paper,
    plain,
    text_width,
)
from phylolm.tree.tree import Tree

LABELS_UP_TO = 160
_DENDROGRAM, _STRIP, _GAP, _FOOTER = 84.0, 7.0, 4.0, 40.0
_NUMBERS_UP_TO = 12
_MISSING = "#d9dadd"
_ALIKE = "similarity exp(\u2212distance)"


@dataclass(frozen=True)
class HeatmapStyle:
    """How a matrix is drawn.

    shows: "similarity" draws exp(-distance), "distance" the distances as they are; "auto" means
    similarities where the measure is minus the logarithm of one. unit: what the colours mean, by
    default the matrix's measure. The rest as in `TreeStyle`.
    """

    title: str = ""
    shows: Literal["auto", "similarity", "distance"] = "auto"
    unit: str = ""
    colours: Mapping[str, str] | None = None
    name_length: int = 32


LOGARITHMIC = ("nei1978", "nei1972", "bhattacharyya", "-ln similarity")
"""Measures that are minus the logarithm of a similarity."""


def shows_similarity(d: DistanceMatrix, shows: str) -> bool:
    """Whether "auto" (or the given word) means similarities for this matrix."""
    return shows == "similarity" or (shows == "auto" and d.measure in LOGARITHMIC)


def plot_heatmap(
    d: DistanceMatrix,
    tree: Tree | None = None,
    families: Mapping[str, str] | None = None,
    style: HeatmapStyle | None = None,
) -> Figure:
    """Draw the matrix with the tree at its side, or with average linkage where there is none.

    Rows and columns have the same order. Up to LABELS_UP_TO models every row is named, beyond
    that every k-th. Missing and infinite entries are grey.

    Raises DataError for a matrix without models, and a tree of other models.
    """
    if not d.names:
        raise DataError("can't draw a distance matrix without models")
    style = style or HeatmapStyle()
    alike = shows_similarity(d, style.shows)
    with paper():
        order, lines, tips = _dendrogram(d, tree)
        names = [d.names[i] for i in order]
        hues = palette.family_colours(palette.families_by_size(families, names), style.colours)
        values = _shown(d.shown, alike)[np.ix_(order, order)]
        labels = _Rows.of([plain(name, style.name_length) for name in names])
        scale = _Scale.of(values, alike, plain(style.unit, 50) or (_ALIKE if alike else d.measure))
        page, head = _new_page(labels, style.title, hues)
        draw_header(page, head)
        x = MARGIN + _DENDROGRAM + _GAP + _STRIP + 2
        square = _Square(x, MARGIN + _FOOTER, labels.side, labels.side / len(names))
        _draw_dendrogram(page, square, lines, tips)
        row_hues = [hues.get((families or {}).get(name, ""), "") for name in names]
        _draw_matrix(page, square, values, scale)
        _draw_rows(page, square, labels, row_hues)
        _draw_colour_bar(page, square, scale)
    return page.figure


@dataclass(frozen=True)
class _Square:
    """The matrix on the page: lower left corner, side and height of a row, in points."""

    x: float
    y: float
    side: float
    pitch: float

    def row(self, i: int) -> float:
        return self.y + self.side - (i + 0.5) * self.pitch


@dataclass(frozen=True)
class _Rows:
    """Names of the rows with the font, and how many rows share one name."""

    names: tuple[str, ...]
    size: float
    every: int
    side: float

    @classmethod
    def of(cls, names: Sequence[str]) -> _Rows:
        m = len(names)
        size = 8.0 if m <= 40 else 6.5 if m <= 80 else 5.0
        side = float(np.clip(m * (size * 1.3), 150.0, LABELS_UP_TO * 6.5))
        if m <= _NUMBERS_UP_TO:
            side = max(side, 28.0 * m)
        return cls(tuple(names), size, max(1, int(np.ceil(m * size * 1.25 / side - 1e-9))), side)

    def width(self) -> float:
        return max(text_width(name, self.size) for name in self.names[:: self.every]) * 1.06


def _new_page(labels: _Rows, title: str, hues: Mapping[str, str]) -> tuple[Page, Header]:
    left = MARGIN + _DENDROGRAM + _GAP + _STRIP + 2
    width = left + labels.side + _GAP + labels.width() + MARGIN
    head = header(title, hues, width)
    return new_page(width, 2 * MARGIN + _FOOTER + labels.side + head.height + 6), head


def _shown(distances: Array, alike: bool) -> Array:
    if alike:
        return np.asarray(np.exp(-distances))
    return np.where(np.isfinite(distances), distances, np.nan)


@dataclass(frozen=True)
class _Scale:
    """Values from 0 to `high` and their colours; models that are alike are dark in both kinds."""

    high: float
    colours: Colormap
    unit: str

    @classmethod
    def of(cls, values: Array, alike: bool, unit: str) -> _Scale:
        ramp = palette.ramp() if alike else palette.ramp()[::-1]
        high = 1.0 if alike else float(np.nanmax(values, initial=0.0)) or 1.0
        return cls(high, ListedColormap(ramp).with_extremes(bad=_MISSING), unit)


def _dendrogram(d: DistanceMatrix, tree: Tree | None) -> tuple[list[int], list[Array], Array]:
    """Row order, lines in (0..1 from the root, rows), and each row's tip in 0..1."""
    tree = tree or _average_linkage(d)
    layout = rectangular(tree)
    row = {name: i for i, name in enumerate(d.names)}
    leaves = [tree.names[leaf] for leaf in layout.leaves]
    if sorted(leaves) != sorted(d.names):
        odd = sorted(set(leaves) ^ set(d.names)) or sorted(leaves)
        raise DataError(f"tree and distances are not of the same models: see {odd[0]!r}")
    factor = np.array([1 / (layout.xy[:, 0].max() or 1.0), 1.0])
    tips = layout.xy[list(layout.leaves), 0] * factor[0]
    return [row[name] for name in leaves], [s.points * factor for s in layout.strokes], tips


def _average_linkage(d: DistanceMatrix) -> Tree:
    """UPGMA, with unknown distances taken as the largest known one."""
    from scipy.cluster.hierarchy import average
    from scipy.spatial.distance import squareform

    m = len(d.names)
    if m == 1:
        return Tree(np.array([-1], np.int32), np.zeros(1), d.names, np.full(1, np.nan))
    finite = d.shown[np.isfinite(d.shown)]
    values = np.where(np.isfinite(d.shown), d.shown, finite.max(initial=1.0))
    joins = average(squareform(values, checks=False))
    height = np.r_[np.zeros(m), joins[:, 2]] / 2
    parent = np.full(2 * m - 1, -1, np.int32)
    for i, (a, b) in enumerate(joins[:, :2].astype(int)):
        parent[[a, b]] = m + i
    length = np.r_[height[parent[:-1]] - height[:-1], 0.0]
    return Tree(parent, length, d.names + ("",) * (m - 1), np.full(2 * m - 1, np.nan))


def _draw_dendrogram(page: Page, square: _Square, lines: Sequence[Array], tips: Array) -> None:
    scale = np.array([_DENDROGRAM, square.pitch])
    start = np.array([MARGIN, square.row(0)])
    ends = [
        np.array([[tip, -float(i)], [1.0, -float(i)]]) for i, tip in enumerate(tips) if tip < 0.99
    ]
    for some, colour, width in ((ends, LEADER, 0.4), (lines, FAINT, 0.7)):
        draw_lines(page, [line * scale + start for line in some], colour, width)


def _draw_matrix(page: Page, square: _Square, values: Array, scale: _Scale) -> None:
    box = (square.x, square.x + square.side, square.y, square.y + square.side)
    page.axes.imshow(
        np.ma.masked_invalid(values), cmap=scale.colours, vmin=0.0, vmax=scale.high,
        extent=box, aspect="auto", interpolation="none", interpolation_stage="rgba",
    )  # fmt: skip
    page.axes.set_xlim(0, page.width)
    page.axes.set_ylim(0, page.height)
    if len(values) <= _NUMBERS_UP_TO:
        _draw_numbers(page, square, values, scale)


def _draw_numbers(page: Page, square: _Square, values: Array, scale: _Scale) -> None:
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        red, green, blue, _ = scale.colours(values[i, j] / scale.high)
        x = square.x + (j + 0.5) * square.pitch
        colour = "white" if 0.3 * red + 0.6 * green + 0.1 * blue < 0.55 else "#24262a"
        page.write(x, square.row(i), f"{values[i, j]:.2f}", 6.5, ha="center", color=colour)


def _draw_rows(page: Page, square: _Square, labels: _Rows, hues: Sequence[str]) -> None:
    """The strip of family colours, and the names on the right."""
    for i, hue in enumerate(hues):
        if hue:
            corner = (square.x - 2 - _STRIP, square.row(i) - square.pitch / 2)
            page.axes.add_patch(Rectangle(corner, _STRIP, square.pitch, facecolor=hue, linewidth=0))
        if i % labels.every == 0:
            page.write(square.x + square.side + _GAP, square.row(i), labels.names[i], labels.size,
                       color=palette.ink(hue or palette.NEUTRAL))  # fmt: skip


def _draw_colour_bar(page: Page, square: _Square, scale: _Scale) -> None:
    width, y = min(140.0, square.side * 0.6), MARGIN + 14
    box = (square.x, square.x + width, y, y + 7)
    page.axes.imshow(
        np.linspace(0, 1, 128)[None], cmap=scale.colours, extent=box,
        aspect="auto", interpolation="none",
    )  # fmt: skip
    page.axes.set_xlim(0, page.width)
    page.axes.set_ylim(0, page.height)
    for share in (0.0, 0.5, 1.0):
        value = f"{share * scale.high:.2g}"
        page.write(square.x + share * width, y - 7, value, 7, ha="center", color=FAINT)
    page.write(square.x + width + 12, y + 3, scale.unit, 7.5, color=FAINT)
