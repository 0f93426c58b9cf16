"""Trees drawn: rectangular, circular and unrooted.

Here: `plot_tree` and its `TreeStyle`. Next door: `layout` and `labels` decide where things go;
`style` gives page, key and saving.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phylolm.errors import ConfigError, DataError
from phylolm.figures import colours as palette
from phylolm.figures import labels as placing
from phylolm.figures import layout as layouts
from phylolm.figures.fans import place_unrooted
from phylolm.figures.labels import Drawing, Label, Room
from phylolm.figures.layout import Array, box, segments
from phylolm.figures.style import (
    FAINT,
    LEADER,
    MARGIN,
    Header,
    Page,
    draw_header,
    draw_lines,
    draw_scale_bar,
    header,
    new_page,
    page_of,
    paper,
    plain,
    text_width,
)
from phylolm.tree.tree import Tree

LAYOUT_NAMES: tuple[str, ...] = ("rectangular", "circular", "unrooted")

NUMBERS_UP_TO = 40
"""Supports are written as numbers up to this many leaves, as dots beyond."""

_LAYOUTS = {
    "rectangular": (layouts.rectangular, placing.place_rectangular),
    "circular": (layouts.circular, placing.place_circular),
    "unrooted": (layouts.unrooted, place_unrooted),
}
_FOOTER = 34.0
_LONGEST_WITHIN = 24
"""Longest name on axes of a given size."""
_DOTS = ((95.0, "#24262a", 4.6), (80.0, "#8b9098", 4.0), (0.0, "#ffffff", 3.6))


@dataclass(frozen=True)
class TreeStyle:
    """How a tree is drawn.

    title: written above. unit: what branch lengths are, for the scale bar. supports: as numbers
    or dots; "auto" means numbers on small trees. threshold: lower supports are not shown.
    colours: family to colour, for families that have one. name_length: longer names lose
    their middle, in the picture only.
    """

    title: str = ""
    unit: str = "genetic distance"
    supports: Literal["auto", "numbers", "dots", "none"] = "auto"
    threshold: float = 50.0
    colours: Mapping[str, str] | None = None
    name_length: int = 40


def plot_tree(
    tree: Tree,
    layout: str = "rectangular",
    families: Mapping[str, str] | None = None,
    style: TreeStyle | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw a tree; a branch has its family's colour if all leaves beyond it are of that family.

    Without `ax` the figure is as large as its labels need. With `ax` the tree is fitted to the
    axes as they are now, in smaller type and, at worst, with fewer names (the count is shown).
    Children are drawn in the tree's own order and negative branches with length zero.

    Raises ConfigError for an unknown layout, DataError for a tree without nodes.
    """
    if layout not in _LAYOUTS:
        raise ConfigError(f"unknown tree layout {layout!r}; use {', '.join(_LAYOUTS)}")
    if not tree.names:
        raise DataError("can't draw a tree without nodes")
    style = style or TreeStyle()
    with paper():
        longest = style.name_length if ax is None else min(style.name_length, _LONGEST_WITHIN)
        names = [plain(name, longest) for name in tree.names]
        hues = _colours(tree, families, style)
        page, head, drawing = _fit(tree, layout, names, (style.title, hues), ax)
        nodes = palette.node_colours(tree.parent, tree.names, families, hues)
        draw_header(page, head)
        _draw_lines(page, drawing, nodes)
        _draw_labels(page, drawing.labels, names, nodes)
        _draw_footer(page, drawing, style, _draw_supports(page, tree, drawing, style))
    return page.figure


def _colours(tree: Tree, families: Mapping[str, str] | None, style: TreeStyle) -> dict[str, str]:
    inner = set(tree.parent.tolist())
    leaves = [name for node, name in enumerate(tree.names) if node not in inner]
    return palette.family_colours(palette.families_by_size(families, leaves), style.colours)


def _fit(
    tree: Tree,
    layout: str,
    names: Sequence[str],
    key: tuple[str, Mapping[str, str]],
    ax: Axes | None,
) -> tuple[Page, Header, Drawing]:
    """The page with the drawing moved into place on it."""
    arrange, place = _LAYOUTS[layout]
    arranged = arrange(tree)
    widths = np.array([text_width(names[leaf]) for leaf in arranged.leaves])
    if ax is None:
        drawing = place(arranged, widths, Room())
        width, height = np.ptp(drawing.bounds(), axis=0)
        width = max(width, 380.0) + 2 * MARGIN
        head = header(*key, width)
        page = new_page(width, height + head.height + _FOOTER + 2 * MARGIN)
    else:
        page = page_of(ax)
        head = header(*key, page.width)
        free = page.height - head.height - _FOOTER - 2 * MARGIN
        drawing = place(arranged, widths, Room(page.width - 2 * MARGIN, max(free, 20.0)))
    return page, head, _centred(drawing, page, head, layout)


def _centred(drawing: Drawing, page: Page, head: Header, layout: str) -> Drawing:
    low, high = drawing.bounds()
    left = (page.width - (high[0] - low[0])) / 2 if layout != "rectangular" else MARGIN
    bottom = MARGIN + _FOOTER
    spare = page.height - MARGIN - head.height - bottom - (high[1] - low[1])
    move = np.array([left, bottom + spare / 2]) - low
    strokes = tuple(layouts.Stroke(s.node, s.points + move) for s in drawing.strokes)
    labels = tuple(
        Label(t.node, t.x + move[0], t.y + move[1], t.angle, t.size, t.width)
        for t in drawing.labels
    )
    leaders = tuple(line + move for line in drawing.leaders)
    return Drawing(drawing.xy + move, strokes, labels, leaders, drawing.scale, drawing.hidden)


def _line_width(drawing: Drawing) -> float:
    nodes = len(drawing.xy)
    return 1.3 if nodes < 120 else 1.0 if nodes < 400 else 0.7


def _draw_lines(page: Page, drawing: Drawing, nodes: Sequence[str]) -> None:
    """One compound path for each colour keeps files small."""
    by_colour: dict[str, list[Array]] = defaultdict(list)
    for stroke in drawing.strokes:
        by_colour[nodes[stroke.node]].append(stroke.points)
    far = [line for line in drawing.leaders if np.hypot(*(line[1] - line[0])) > 4]
    draw_lines(page, far, LEADER, 0.5)
    for colour in sorted(by_colour, key=lambda colour: colour != palette.NEUTRAL):
        draw_lines(page, by_colour[colour], colour, _line_width(drawing))


def _draw_labels(
    page: Page, labels: Sequence[Label], names: Sequence[str], nodes: Sequence[str]
) -> None:
    for label in labels:
        degrees = float(np.rad2deg(label.angle)) % 360
        flip = 90 < degrees < 270
        x, y = label.x, label.y
        page.write(
            x, y, names[label.node], label.size, color=palette.ink(nodes[label.node]),
            ha="right" if flip else "left",
            rotation=degrees - 180 if flip else degrees,
        )  # fmt: skip


def _draw_supports(page: Page, tree: Tree, drawing: Drawing, style: TreeStyle) -> str:
    """Draw the supports at or above the threshold; the kind drawn, "" if none."""
    leaves = len(tree.names) - len(set(tree.parent.tolist())) + 1
    kind: str = style.supports
    if kind == "auto":
        kind = "numbers" if leaves <= NUMBERS_UP_TO else "dots"
    shown = np.flatnonzero(np.nan_to_num(tree.support[:-1], nan=-1.0) >= style.threshold)
    shown = shown[np.isin(shown, tree.parent)]
    if kind == "none" or not len(shown):
        return ""
    draw = _numbers if kind == "numbers" else _dots
    draw(page, shown.tolist(), tree.support, drawing)
    return kind


def _numbers(page: Page, shown: Sequence[int], support: Array, drawing: Drawing) -> None:
    """Each number near its node, clear of names, of other numbers and, if it can be, of lines."""
    lines = segments(drawing.strokes)
    words = np.array([placing.label_box(label) for label in drawing.labels]).reshape(-1, 4, 2)
    size = 6.0
    for node in shown:
        number = f"{support[node]:.0f}"
        spots = _spots(drawing.xy[node], text_width(number, size) * placing.SLACK, size)
        found = placing.clear_spot(spots, np.concatenate([lines, words]))
        on_lines = found is None
        spot = spots[(placing.clear_spot(spots, words) if on_lines else found) or 0]
        words = np.concatenate([words, spot[None]])
        backing = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85}
        y = (spot[0, 1] + spot[2, 1]) / 2
        bbox = backing if on_lines else None
        page.write(spot[0, 0], y, number, size, color=FAINT, bbox=bbox)


_AROUND = ((-1, 1), (1, 0), (-1, -1), (1, 1), (1, -1), (0, 1), (0, -1), (-1, 0))
"""Directions tried around a node: first above the branch that the support belongs to."""


def _spots(node: Array, width: float, size: float) -> list[Array]:
    """Places for a number around a node, near ones first."""
    return [
        box(
            np.array(
                [node[0] + (dx - 1) * width / 2 + dx * off, node[1] + dy * (size / 2 + off - 1)]
            ),
            0.0,
            width,
            size * 1.1,
        )
        for off in (2.0, 6.0, 11.0)
        for dx, dy in _AROUND
    ]


def _dots(page: Page, shown: Sequence[int], support: Array, drawing: Drawing) -> None:
    """Dots on nodes, darker and larger for better supported branches."""
    smaller = min(1.0, min((label.size for label in drawing.labels), default=6.0) / 6.0)
    for low, colour, size in reversed(_DOTS):
        higher = min((least for least, _, _ in _DOTS if least > low), default=np.inf)
        nodes = [node for node in shown if low <= support[node] < higher]
        xy = drawing.xy[nodes]
        page.axes.plot(xy[:, 0], xy[:, 1], "o", color=colour, markersize=size * smaller,
                       markeredgecolor="#24262a", markeredgewidth=0.5, zorder=3)  # fmt: skip


def _draw_footer(page: Page, drawing: Drawing, style: TreeStyle, supports: str) -> None:
    """Scale bar on the left; what the dots or numbers mean on the right."""
    y = MARGIN + 4
    draw_scale_bar(page, y, drawing.scale, style.unit)
    x = page.width - MARGIN
    rows = iter((y, y + 11)) if page.width > 330 else iter((y + 11, y + 22))
    if supports == "numbers":
        page.write(x, next(rows), "numbers: support in %", 7.5, color=FAINT, ha="right")
    elif supports == "dots":
        _dot_key(page, x, next(rows), style.threshold)
    if drawing.hidden:
        shown = f"{len(drawing.labels)} of {len(drawing.labels) + drawing.hidden} names shown"
        page.write(x, next(rows), shown, 7.5, color=FAINT, ha="right")


def _dot_key(page: Page, x: float, y: float, threshold: float) -> None:
    for low, colour, size in reversed(_DOTS):
        text = f"\u2265 {max(low, threshold):g}"
        page.write(x, y, text, 7.5, color=FAINT, ha="right")
        x -= text_width(text, 7.5) + 6
        page.axes.plot([x], [y], "o", color=colour, markersize=size,
                       markeredgecolor="#24262a", markeredgewidth=0.5)  # fmt: skip
        x -= 9
    page.write(x, y, "support %", 7.5, color=FAINT, ha="right")
