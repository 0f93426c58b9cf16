"""A catalogue drawn: likes against downloads, counts as bars, word clouds of clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from phylolm.figures.colours import NEUTRAL, families_by_size, family_colours, ink
from phylolm.figures.style import (
    FAINT,
    LEADER,
    MARGIN,
    TEXT,
    Page,
    draw_header,
    header,
    new_page,
    paper,
    plain,
)

_GREY = "#b4b8bf"
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def plot_likes(
    likes: npt.ArrayLike,
    downloads: npt.ArrayLike,
    families: Sequence[str],
    title: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Likes against downloads, both as log10(1 + count), a point a model.

    families: of each model; the eight largest have colours. notes: lines below the title.
    """
    with paper():
        names = [str(i) for i in range(len(families))]
        kinds = dict(zip(names, families, strict=True))
        colours = family_colours(families_by_size(kinds, names)[:8])
        width = 640.0
        head = header(title, colours, width)
        page = new_page(width, 520 + head.height)
        draw_header(page, head)
        frame = (58.0, 44.0, width - 16, page.height - head.height - 20 - 12.0 * len(notes))
        x, y = (np.log10(1 + np.asarray(v, dtype=np.float64)) for v in (downloads, likes))
        spread = np.random.default_rng(0).uniform(-0.04, 0.04, (2, len(x)))
        _axes(page, frame, (float(x.max(initial=1)), float(y.max(initial=1))))
        spots = _into(frame, x + spread[0], y + spread[1], x.max(initial=1), y.max(initial=1))
        shades = np.array([colours.get(family, _GREY) for family in families])
        for colour in (_GREY, *colours.values()):
            chosen = shades == colour
            page.axes.plot(
                *spots[chosen].T, ".", color=colour, markersize=3.2, markeredgewidth=0,
                alpha=0.45 if colour == _GREY else 0.8, rasterized=len(x) > 2000,
            )  # fmt: skip
        for line, text in enumerate(notes):
            page.write(MARGIN, page.height - head.height - 16 - 12 * line, text, 8, color=FAINT)
    return page.figure


def _into(
    frame: tuple[float, float, float, float],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    x_most: float,
    y_most: float,
) -> npt.NDArray[np.float64]:
    left, bottom, right, top = frame
    return np.column_stack(
        [
            left + 8 + x / max(x_most, 1e-9) * (right - left - 16),
            bottom + 8 + y / max(y_most, 1e-9) * (top - bottom - 16),
        ]
    )


def _axes(page: Page, frame: tuple[float, float, float, float], most: tuple[float, float]) -> None:
    left, bottom, right, top = frame
    page.axes.plot([left, left, right], [top, bottom, bottom], color=LEADER, linewidth=0.8)
    for side in (0, 1):
        for power in range(int(most[side]) + 1):
            for count in (0, 10**power) if power == 0 else (10**power,):
                at = np.log10(1 + count)
                spot = np.array([at, 0.0]) if side == 0 else np.array([0.0, at])
                x, y = _into(frame, spot[:1], spot[1:], *most)[0]
                text = f"{count:,}"
                if side == 0:
                    page.write(x, bottom - 9, text, 7.5, ha="center", color=FAINT)
                else:
                    page.write(left - 5, y, text, 7.5, ha="right", color=FAINT)
    page.write((left + right) / 2, bottom - 26, "downloads (30 days)", 8.5, ha="center")
    page.write(left - 42, (bottom + top) / 2, "likes", 8.5, ha="center", rotation=90)


def plot_counts(panels: Mapping[str, Sequence[tuple[str, int]]], title: str = "") -> Figure:
    """Bars: for each panel's name its values and counts, in the order given."""
    with paper():
        columns, row_height, column_width = 2, 13.0, 330.0
        heights = [len(rows) * row_height + 34 for rows in panels.values()]
        tops = np.zeros(columns)
        spots = []
        for height in heights:
            column = int(np.argmin(tops))
            spots.append((column, float(tops[column])))
            tops[column] += height
        width = columns * column_width + 2 * MARGIN
        head = header(title, {}, width)
        page = new_page(width, float(tops.max()) + head.height + 2 * MARGIN)
        draw_header(page, head)
        for (name, rows), (column, down) in zip(panels.items(), spots, strict=True):
            x = MARGIN + column * column_width
            y = page.height - MARGIN - head.height - down - 8
            page.write(x, y, name, 9.5, weight="bold")
            _bars(page, rows, (x, y - 15), column_width - 24, row_height)
    return page.figure


def _bars(
    page: Page, rows: Sequence[tuple[str, int]], at: tuple[float, float], width: float, step: float
) -> None:
    label = 118.0
    room = width - label - 46
    most = max((count for _, count in rows), default=0) or 1
    for line, (value, count) in enumerate(rows):
        y = at[1] - line * step
        page.write(at[0] + label - 5, y, plain(value, 22), 7.5, ha="right", color=TEXT)
        tone = _GREY if value == "(not known)" else "#3a93ac"
        page.axes.barh(y, room * count / most, step * 0.68, at[0] + label, color=tone)
        page.write(at[0] + label + room * count / most + 4, y, f"{count:,}", 7, color=FAINT)


def plot_clouds(
    clouds: Sequence[tuple[str, int, Mapping[str, float]]], title: str = "", columns: int = 3
) -> Figure:
    """Word clouds: for each cluster its name, its number of models, its words' weights."""
    with paper():
        cell, tall, rows = 230.0, 150.0, -(-len(clouds) // columns)
        width = columns * cell + 2 * MARGIN
        head = header(title, {}, width)
        page = new_page(width, rows * tall + head.height + 2 * MARGIN)
        draw_header(page, head)
        tones = list(family_colours([str(i) for i in range(max(len(clouds), 1))]).values())
        for place, (name, models, words) in enumerate(clouds):
            x = MARGIN + (place % columns) * cell
            top = page.height - MARGIN - head.height - (place // columns) * tall
            tone = ink(tones[place]) if place < len(tones) else NEUTRAL
            page.write(x + 4, top - 8, f"{plain(name, 30)}  ", 8, weight="bold", color=tone)
            page.write(x + cell - 10, top - 8, f"{models:,}", 7.5, color=FAINT, ha="right")
            if words:
                image = _cloud(words, tone, int(cell - 14), int(tall - 28))
                extent = (x + 2, x + cell - 12, top - tall + 8, top - 20)
                page.axes.imshow(image, extent=extent, aspect="auto", interpolation="lanczos")
        page.axes.set_xlim(0, page.width)
        page.axes.set_ylim(0, page.height)
    return page.figure


def _cloud(words: Mapping[str, float], tone: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    from wordcloud import WordCloud

    shown = {plain(word, 30): float(weight) for word, weight in words.items()}
    made = WordCloud(
        font_path=str(_FONT), width=width * 2, height=height * 2, background_color="white",
        prefer_horizontal=1.0, random_state=0, max_words=50, color_func=lambda *_, **__: tone,
        relative_scaling=0.5, margin=6,
    )  # fmt: skip
    return np.asarray(made.generate_from_frequencies(shown).to_array())
