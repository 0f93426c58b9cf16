"""Forecasts against scores, and intervals against how often they hold.

Here: `plot_forecasts` and `plot_calibration`. Next door: `phylolm.predict.evaluate` makes what
they show.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phylolm.figures import colours as palette
from phylolm.figures.map import MARKERS
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

PANEL, GAP, FOOT = 190.0, 44.0, 52.0
MOST_COLUMNS = 3
MOST_FAMILIES = 12
"""More colours than this can't be told apart; smaller families share one."""

REST = "other"


def plot_forecasts(forecasts: pd.DataFrame, method: str, title: str = "") -> Figure:
    """One panel a benchmark: the score across, its forecast up with the 90 % interval.

    forecasts: as in `Evaluation.forecasts`. Marks on the dashed line are right. Colours are what
    was left out together: no mark was forecast with the help of its own colour.
    """
    shown = forecasts[forecasts["method"] == method]
    benchmarks = list(dict.fromkeys(shown["benchmark"]))
    kinds = _kinds(shown)
    hues = palette.family_colours(kinds)
    hues = {kind: palette.NEUTRAL if kind == REST else hue for kind, hue in hues.items()}
    with paper():
        page, axes = _panels(len(benchmarks), title or f"Forecast from {method}", hues)
        for axis, benchmark in zip(axes, benchmarks, strict=True):
            panel = shown[shown["benchmark"] == benchmark]
            for number, kind in enumerate(kinds):
                kin = panel[panel["fold"] == kind] if kind != REST else panel[
                    ~panel["fold"].isin(kinds)]  # fmt: skip
                _scatter(axis, kin, hues[kind], MARKERS[number % len(MARKERS)])
            _finish_scatter(axis, panel, plain(benchmark, 30))
    return page.figure


def plot_calibration(coverage: pd.DataFrame, methods: Sequence[str] = ()) -> Figure:
    """One panel a method: how often intervals hold the score, against how often they promise to.

    coverage: as in `Evaluation.coverage`. The line is all benchmarks, marks are single ones.
    """
    methods = methods or list(dict.fromkeys(coverage["method"]))
    with paper():
        page, axes = _panels(len(methods), "How often intervals hold", {})
        for axis, method in zip(axes, methods, strict=True):
            panel = coverage[coverage["method"] == method]
            axis.plot([0.4, 1], [0.4, 1], "--", color=LEADER, linewidth=1, zorder=1)
            axis.plot(panel["level"], panel["coverage"], "o", color=palette.NEUTRAL, markersize=3.5,
                      markeredgewidth=0, alpha=0.7)  # fmt: skip
            mean = panel.groupby("level")["coverage"].mean()
            axis.plot(mean.index, mean, "-", color=TEXT, linewidth=1.6)
            _label(axis, plain(method, 40), "promised", "held")
            axis.set_xlim(0.42, 1.0)
            axis.set_ylim(min(0.42, float(panel["coverage"].min()) - 0.03), 1.02)
    return page.figure


def _kinds(shown: pd.DataFrame) -> list[str]:
    """Groups by size, the smallest joined as REST when there are too many colours."""
    sizes = shown.groupby("fold", sort=True)["model"].nunique().sort_values(
        ascending=False, kind="stable")  # fmt: skip
    names = [str(name) for name in sizes.index]
    return names if len(names) <= MOST_FAMILIES else [*names[: MOST_FAMILIES - 1], REST]


def _panels(count: int, title: str, hues: dict[str, str]) -> tuple[Page, list[Axes]]:
    columns = min(count, MOST_COLUMNS)
    rows = -(-count // columns)
    width = 2 * MARGIN + GAP + columns * PANEL + (columns - 1) * GAP
    head = header(title, hues, width)
    height = 2 * MARGIN + head.height + rows * (PANEL + FOOT) + 14
    page = new_page(width, height)
    draw_header(page, head, {hue: MARKERS[n % len(MARKERS)] for n, hue in enumerate(hues)})
    axes = []
    for number in range(count):
        left = MARGIN + GAP + (number % columns) * (PANEL + GAP)
        below = height - MARGIN - head.height - 20 - PANEL - (number // columns) * (PANEL + FOOT)
        box = (left / width, below / height, PANEL / width, PANEL / height)
        axes.append(page.figure.add_axes(box))
    return page, axes


def _scatter(axis: Axes, points: pd.DataFrame, colour: str, marker: str) -> None:
    score, guess = points["score"].to_numpy(), points["forecast"].to_numpy()
    reach = np.abs(points[["low", "high"]].to_numpy().T - guess)
    if len(points) and np.isfinite(reach).any():
        axis.errorbar(score, guess, reach, fmt="none", ecolor=colour, elinewidth=0.6, alpha=0.3)
    axis.plot(score, guess, marker, color=colour, markersize=4.5, markeredgewidth=0)


def _finish_scatter(axis: Axes, panel: pd.DataFrame, name: str) -> None:
    from phylolm.predict.evaluate import measures

    cells = panel[["score", "forecast", "low", "high"]].to_numpy()
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    room = 0.04 * max(high - low, 0.05)
    axis.plot([0, 1], [0, 1], "--", color=LEADER, linewidth=1, zorder=1)
    axis.set_xlim(low - room, high + room)
    axis.set_ylim(low - room, high + room)
    found = measures(panel)
    _label(axis, name, "score", "forecast")
    told = f"r {found['pearson']:.2f}   mean error {found['mae']:.3f}   n {found['n']}"
    axis.set_title(f"{name}\n{told}", fontsize=8, color=TEXT, loc="left", parse_math=False)


def _label(axis: Axes, name: str, across: str, up: str) -> None:
    axis.set_title(name, fontsize=8, color=TEXT, loc="left", parse_math=False)
    axis.set_xlabel(across, fontsize=7.5, color=FAINT, labelpad=2)
    axis.set_ylabel(up, fontsize=7.5, color=FAINT, labelpad=2)
    axis.tick_params(labelsize=7, colors=FAINT, length=2.5, width=0.6)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(LEADER)
