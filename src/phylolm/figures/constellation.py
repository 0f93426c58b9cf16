"""The sky of a graph: a point a model, a colour a community, the largest communities named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from phylolm.figures.colours import family_colours, ink
from phylolm.figures.labels import clear_spot
from phylolm.figures.layout import box
from phylolm.figures.style import (
    FAINT,
    LEADER,
    MARGIN,
    Page,
    draw_header,
    header,
    new_page,
    paper,
    plain,
    text_width,
)

COLOURED = 24
"""Communities with a colour of their own."""

_LINES = 60_000
_GREY = "#c3c6cc"


def plot_constellation(
    places: npt.NDArray[np.floating],
    communities: npt.NDArray[np.int64],
    names: Sequence[str],
    pairs: npt.NDArray[np.int64],
    title: str = "",
    width: float = 760.0,
) -> Figure:
    """Draw a graph as it was laid out.

    places: (n, 2). communities: (n,), the largest first. names: of the communities. pairs: (e, 2)
    edges; beyond 60,000 an even sample of them is drawn.
    """
    with paper():
        head = header(title, {}, width)
        page = new_page(width, width + head.height)
        spots, scale = _fitted(np.asarray(places, dtype=np.float64), page, head.height)
        colours = family_colours([str(c) for c in range(min(COLOURED, int(communities.max()) + 1))])
        palette = [*colours.values(), _GREY]
        shade = np.minimum(communities, len(palette) - 1)
        _draw_edges(page, spots, pairs)
        size = float(np.clip(0.9 * scale, 0.9, 5.0))
        for tone in range(len(palette) - 1, -1, -1):
            chosen = shade == tone
            page.axes.plot(
                *spots[chosen].T, ".", color=palette[tone], markersize=size, markeredgewidth=0,
                rasterized=len(spots) > 2000,
            )  # fmt: skip
        _draw_names(page, spots, communities, names, palette)
        draw_header(page, head)
    return page.figure


def _fitted(
    places: npt.NDArray[np.float64], page: Page, above: float
) -> tuple[npt.NDArray[np.float64], float]:
    """Places in points on the page, and points per unit."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([page.width, page.height - above]) - 2 * MARGIN - 8
    extent = np.maximum(high - low, 1e-9)
    scale = float((room / extent).min())
    middle = np.array([page.width / 2, (page.height - above) / 2])
    return (places - (low + high) / 2) * scale + middle, scale


def _draw_edges(page: Page, spots: npt.NDArray[np.float64], pairs: npt.NDArray[np.int64]) -> None:
    kept = pairs[:: max(-(-len(pairs) // _LINES), 1)]
    if len(kept):
        lines = LineCollection(
            list(spots[kept]), colors=LEADER, linewidths=0.25, alpha=0.35, rasterized=True
        )
        page.axes.add_collection(lines)


def _draw_names(
    page: Page,
    spots: npt.NDArray[np.float64],
    communities: npt.NDArray[np.int64],
    names: Sequence[str],
    palette: Sequence[str],
) -> None:
    """Names of the largest communities, in their middles, where no other name is."""
    taken = np.zeros((0, 4, 2))
    for community in range(min(60, len(names))):
        rows = communities == community
        if rows.sum() < max(8, 0.002 * len(spots)):
            break
        size = 8.5 if community < 12 else 6.5
        text = plain(names[community], 28)
        wide = text_width(text, size, "bold") + 6
        x, y = (spots[rows].min(axis=0) + spots[rows].max(axis=0)) / 2
        x = float(np.clip(x, MARGIN + wide / 2, page.width - MARGIN - wide / 2))
        places = [box(np.array([x - wide / 2, y + lift]), 0.0, wide, size * 1.3)
                  for lift in (0.0, size * 1.4, -size * 1.4)]  # fmt: skip
        found = clear_spot(places, taken) if len(taken) else 0
        if found is None:
            continue
        spot = places[found]
        taken = np.concatenate([taken, spot[None]])
        colour = palette[min(community, len(palette) - 1)]
        page.write(
            x, float(spot[:, 1].mean()), text, size, ha="center", weight="bold",
            color=ink(colour) if colour != _GREY else FAINT,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
