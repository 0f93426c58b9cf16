"""What all pictures share: page, type, plain text, header, and saving.

A picture is drawn on a `Page`, an axes measured in points, so that labels can be placed by
arithmetic. No pyplot and no global state: fonts and SVG settings hold only inside `paper()`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as MplPath
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from phylolm.errors import ConfigError
from phylolm.figures.colours import Array, ink
from phylolm.files import whole_file

MARGIN = 14.0
TEXT = "#24262a"
FAINT = "#6b6f76"
LEADER = "#b9bcc2"

_RC: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "svg.fonttype": "none",
    "svg.hashsalt": "phylolm",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "text.usetex": False,
    "path.simplify": False,
    "axes.unicode_minus": True,
}

_METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": "phylolm"},
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": "phylolm"},
    ".png": {"Software": "phylolm"},
}


@contextmanager
def paper() -> Iterator[None]:
    """Our fonts and file settings; a character no font has is drawn as a box, without a warning."""
    with matplotlib.rc_context(_RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"(?s)Glyph .* missing from", UserWarning)
        yield


def plain(name: str, limit: int = 0) -> str:
    """A name as one line of visible characters, its middle left out beyond `limit` of them."""
    line = "".join(c if c.isprintable() else "\u21b5" if c == "\n" else "\ufffd" for c in name)
    if not limit or len(line) <= limit:
        return line
    head = (limit - 1) * 3 // 5
    return f"{line[:head]}\u2026{line[len(line) - (limit - 1 - head) :]}"


@cache
def text_width(text: str, size: float = 1.0, weight: str = "normal") -> float:
    """Width of a line of text in points."""
    font = FontProperties(family="DejaVu Sans", size=100, weight=weight)
    with paper():
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * size / 100


@dataclass
class Page:
    """An axes measured in points, (0, 0) at the bottom left."""

    axes: Axes
    width: float
    height: float

    @property
    def figure(self) -> Figure:
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        return figure

    def write(self, x: float, y: float, text: str, size: float, **look: Any) -> Text:
        """Draw text as it is: never read as mathematics, whatever it contains."""
        settings: dict[str, Any] = {"color": TEXT, "va": "center", "rotation_mode": "anchor"}
        settings |= look
        return self.axes.text(x, y, text, fontsize=size, parse_math=False, **settings)


def new_page(width: float, height: float) -> Page:
    """A figure of its own, `width` by `height` points."""
    figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
    FigureCanvasAgg(figure)
    return measure_in_points(figure.add_axes((0.0, 0.0, 1.0, 1.0)), width, height)


def page_of(ax: Axes) -> Page:
    """The caller's axes as a page; its size is taken as it is now."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ConfigError("the axes to draw on belong to no figure")
    box = ax.get_window_extent()
    return measure_in_points(ax, box.width * 72 / figure.dpi, box.height * 72 / figure.dpi)


def measure_in_points(ax: Axes, width: float, height: float) -> Page:
    """Axes whose unit is a point, `width` by `height`."""
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    return Page(ax, width, height)


@dataclass(frozen=True)
class Header:
    """The title and the key to the families, laid out for a width: rows of (x, family)."""

    title: str
    size: float
    rows: tuple[tuple[tuple[float, str], ...], ...]
    colours: Mapping[str, str]

    @property
    def height(self) -> float:
        """Points the header takes from the top of the page."""
        return (22.0 if self.title else 0.0) + 13.0 * len(self.rows) + (4.0 if self.rows else 0.0)


def header(title: str, colours: Mapping[str, str], width: float) -> Header:
    """Fit the title on one line and the families in as many rows as they need."""
    room = width - 2 * MARGIN
    line = plain(title)
    while len(line) > 8 and text_width(line, 12, "bold") > room:
        line = plain(line, len(line) - 4)
    rows: list[list[tuple[float, str]]] = []
    x = room + 1
    for family in colours:
        needed = text_width(plain(family, 30), 8) + 24
        if x + needed > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, family))
        x += needed
    return Header(line, 12, tuple(map(tuple, rows)), colours)


def draw_header(page: Page, head: Header, markers: Mapping[str, str] | None = None) -> None:
    """Title top left, then the families with their marks."""
    y = page.height - MARGIN
    if head.title:
        page.write(MARGIN, y - 5, head.title, head.size, weight="bold")
        y -= 22
    for row in head.rows:
        for x, family in row:
            colour = head.colours[family]
            dot(page, MARGIN + x + 4, y - 4, colour, (markers or {}).get(family, "o"))
            page.write(MARGIN + x + 12, y - 4, plain(family, 30), 8, color=ink(colour))
        y -= 13


def dot(page: Page, x: float, y: float, colour: str, marker: str = "o", size: float = 6.5) -> None:
    """One mark, as in a key."""
    page.axes.plot([x], [y], marker, color=colour, markersize=size, markeredgewidth=0)


def draw_lines(page: Page, lines: Sequence[Array], colour: str, width: float) -> None:
    """Draw lines as one compound path, which keeps files small."""
    if len(lines):
        path = MplPath.make_compound_path(*(MplPath(line) for line in lines))
        patch = PathPatch(path, edgecolor=colour, facecolor="none", linewidth=width)
        patch.set_capstyle("projecting")
        page.axes.add_patch(patch)


def draw_scale_bar(page: Page, y: float, scale: float, unit: str) -> None:
    """A bar at the left margin for a round length, at `scale` points per unit."""
    length = _round_length(0.16 * min(page.width, 620.0) / scale)
    end = MARGIN + length * scale
    ticks = [np.array([[x, y - 2], [x, y + 2]]) for x in (MARGIN, end)]
    draw_lines(page, [np.array([[MARGIN, y], [end, y]]), *ticks], FAINT, 0.9)
    page.write(end + 6, y, f"{length:g} {plain(unit, 40)}", 7.5, color=FAINT)


def _round_length(length: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    if not np.isfinite(length) or length <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length * 1.0001))


def save(figure: Figure, path: Path | str) -> None:
    """Write a picture as .svg, .pdf or .png, whole or not at all.

    The same figure gives the same bytes: no dates, no random ids. Text in SVG stays text.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _METADATA:
        raise ConfigError(f"can't write a picture as {path.name!r}; use .svg, .pdf or .png")
    with whole_file(path) as temporary, paper():
        write_figure(figure, temporary, suffix)


def write_figure(figure: Figure, target: Any, suffix: str) -> None:
    """Print a figure to an open file or a path in one of the formats `save` knows."""
    figure.savefig(
        target,
        format=suffix[1:],
        dpi=_dpi(figure),
        metadata=_METADATA[suffix],
        facecolor=figure.get_facecolor(),
    )


def _dpi(figure: Figure) -> float:
    # Agg draws at most 2^16 pixels a side; a very tall tree gets fewer dots an inch.
    return float(min(200.0, 65_000 / max(figure.get_size_inches())))
