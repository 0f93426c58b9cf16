"""The map: models as points on two principal coordinates.

Here: `plot_map` and its `MapStyle`. Next door:
`phylolm.distance.ordination` computes the coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phylolm.distance.ordination import Ordination
from phylolm.errors import DataError
from phylolm.figures import colours as palette
from phylolm.figures.labels import LINE, clear_spot
from phylolm.figures.layout import Array, box
from phylolm.figures.style import (
    FAINT,
    LEADER,
    MARGIN,
    Header,
    Page,
    dot,
    draw_header,
    draw_scale_bar,
    header,
    new_page,
    page_of,
    paper,
    plain,
    text_width,
)

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
"""Families differ in shape as well as in colour."""

_AXIS, _POINT, _INSET = 24.0, 5.5, 26.0


@dataclass(frozen=True)
class MapStyle:
    """How a map is drawn.

    unit: what distances are, for the scale bar. axes: which two axes of the ordination, counted
    from 0. label_limit: at most so many names are tried. The rest as in `TreeStyle`.
    """

    title: str = ""
    unit: str = "genetic distance"
    axes: tuple[int, int] = (0, 1)
    label_limit: int = 400
    colours: Mapping[str, str] | None = None
    name_length: int = 32


def plot_map(
    ordination: Ordination,
    families: Mapping[str, str] | None = None,
    style: MapStyle | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw two axes of an ordination to one scale.

    A name is written where it covers no point and no other name; names without room are left
    out, and the map says how many. The axes say which share of the positive eigenvalues they
    have.
    """
    style = style or MapStyle()
    _check(ordination, style)
    with paper():
        hues = palette.family_colours(
            palette.families_by_size(families, ordination.names), style.colours
        )
        markers = {family: MARKERS[i % len(MARKERS)] for i, family in enumerate(hues)}
        page, head = _new_page(ordination, style, hues, ax)
        draw_header(page, head, markers)
        points, scale = _to_points(ordination.coordinates[:, list(style.axes)], page, head)
        kinds = [(families or {}).get(name, "") for name in ordination.names]
        for (x, y), kind in zip(points, kinds, strict=True):
            colour = hues.get(kind, palette.NEUTRAL)
            dot(page, x, y, colour, markers.get(kind, "o"), _POINT)
        names = [plain(name, style.name_length) for name in ordination.names]
        inks = [palette.ink(hues.get(kind, palette.NEUTRAL)) for kind in kinds]
        hidden = _draw_names(page, head, points, names, (inks, style.label_limit))
        _draw_frame(page, head, ordination, style)
        draw_scale_bar(page, MARGIN - 2, scale, style.unit)
        if hidden:
            note = f"{hidden} of {len(names)} names left out for lack of room"
            page.write(page.width - MARGIN, MARGIN - 2, note, 7, color=FAINT, ha="right")
    return page.figure


def _check(ordination: Ordination, style: MapStyle) -> None:
    if not ordination.names:
        raise DataError("can't draw a map without models")
    if max(style.axes) >= ordination.coordinates.shape[1]:
        raise DataError(f"the ordination has no axis {max(style.axes) + 1}; compute more of them")


def _new_page(
    ordination: Ordination, style: MapStyle, hues: Mapping[str, str], ax: Axes | None
) -> tuple[Page, Header]:
    if ax is not None:
        page = page_of(ax)
        return page, header(style.title, hues, page.width)
    width = float(np.clip(380 + 30 * len(ordination.names) ** 0.5, 400, 900))
    head = header(style.title, hues, width)
    tall, wide = np.ptp(ordination.coordinates[:, style.axes[::-1]], axis=0)
    ratio = float(np.clip(tall / wide if wide > 0 else 1.0, 0.5, 1.1))
    inner = width - 2 * MARGIN - _AXIS
    return new_page(width, inner * ratio + head.height + _AXIS + 2 * MARGIN + 8), head


def _frame(page: Page, head: Header) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the plotting area."""
    top = page.height - MARGIN - head.height
    return MARGIN + _AXIS, MARGIN + _AXIS, page.width - MARGIN, top


def _to_points(coordinates: Array, page: Page, head: Header) -> tuple[Array, float]:
    """Coordinates to points on the page, centred, and the scale, one for both axes."""
    left, bottom, right, top = _frame(page, head)
    size = np.array([right - left - 2 * _INSET, top - bottom - 2 * _INSET])
    extent = np.ptp(coordinates, axis=0)
    scale = float(np.min(size[extent > 0] / extent[extent > 0], initial=np.inf))
    scale = scale if 0 < scale < np.inf else 1.0
    centre = (coordinates.min(axis=0) + coordinates.max(axis=0)) / 2
    middle = np.array([(left + right) / 2, (bottom + top) / 2])
    return (coordinates - centre) * scale + middle, scale


def _draw_names(
    page: Page, head: Header, points: Array, names: Sequence[str], look: tuple[Sequence[str], int]
) -> int:
    """Write the names that fit, those in open country first; return how many did not."""
    inks, limit = look
    size = 7.0 if len(names) <= 60 else 6.0
    taken = np.array([box(p - (_POINT / 2, 0), 0.0, _POINT, _POINT) for p in points])
    left, bottom, right, top = _frame(page, head)
    written = 0
    for i in _loneliest_first(points)[:limit]:
        width = text_width(names[i], size) * 1.06
        spots = [
            spot
            for spot in _around(points[i], width, size * LINE)
            if left + 3 < spot[0, 0] and spot[1, 0] < right and bottom < spot[0, 1] < top - size
        ]
        others = np.concatenate([taken[:i], taken[i + 1 :]])
        found = clear_spot(spots, others)
        if found is None:
            continue
        spot = spots[found]
        taken = np.concatenate([taken, spot[None]])
        x, y = spot[0, 0], (spot[0, 1] + spot[2, 1]) / 2
        page.write(x, y, names[i], size, color=inks[i])
        written += 1
    return len(names) - written


def _loneliest_first(points: Array) -> list[int]:
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    return [int(i) for i in np.argsort(-np.minimum(gaps.min(axis=1), 20.0), kind="stable")]


def _around(point: Array, width: float, height: float) -> list[Array]:
    """Places for a name: right, left, above, below and the corners, near and a little off."""
    places = []
    for off in (_POINT / 2 + 2, _POINT / 2 + 6):
        right, left, middle = off, -off - width, -width / 2
        up, down = off * 0.6 + height / 2, -off * 0.6 - height / 2
        for dx, dy in ((right, 0.0), (left, 0.0), (middle, up), (middle, down),
                       (right, up), (right, down), (left, up), (left, down)):  # fmt: skip
            places.append(box(point + (dx, dy), 0.0, width, height))
    return places


def _draw_frame(page: Page, head: Header, ordination: Ordination, style: MapStyle) -> None:
    left, bottom, right, top = _frame(page, head)
    page.axes.plot([left, left, right], [top, bottom, bottom], color=LEADER, linewidth=0.8)
    names = [
        f"PCo {axis + 1}: {100 * ordination.explained[axis]:.1f} % of the positive eigenvalues"
        for axis in style.axes
    ]
    page.write((left + right) / 2, bottom - 11, names[0], 7.5, color=FAINT, ha="center")
    page.write(left - 11, (bottom + top) / 2, names[1], 7.5, color=FAINT, ha="center", rotation=90)
