"""Pictures of trees, distances and maps.

Here: nothing but names, loaded when first used, so that `ascii_tree` needs no matplotlib.
Inside: `layout` and `labels` (coordinates), `tree`, `heatmap`, `map`, `forecasts`,
`constellation`, `catalogue` (drawing), `ascii` (the terminal), `colours` and `style` (what all
share).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phylolm.figures.ascii import ascii_tree
    from phylolm.figures.catalogue import plot_clouds, plot_counts, plot_likes
    from phylolm.figures.constellation import plot_constellation
    from phylolm.figures.forecasts import plot_calibration, plot_forecasts
    from phylolm.figures.heatmap import HeatmapStyle, plot_heatmap
    from phylolm.figures.map import MapStyle, plot_map
    from phylolm.figures.style import save
    from phylolm.figures.tree import TreeStyle, plot_tree

__all__ = [
    "HeatmapStyle",
    "MapStyle",
    "TreeStyle",
    "ascii_tree",
    "plot_calibration",
    "plot_clouds",
    "plot_constellation",
    "plot_counts",
    "plot_forecasts",
    "plot_heatmap",
    "plot_likes",
    "plot_map",
    "plot_tree",
    "save",
]

_HOME = {
    "HeatmapStyle": "heatmap",
    "MapStyle": "map",
    "TreeStyle": "tree",
    "ascii_tree": "ascii",
    "plot_calibration": "forecasts",
    "plot_clouds": "catalogue",
    "plot_constellation": "constellation",
    "plot_counts": "catalogue",
    "plot_forecasts": "forecasts",
    "plot_heatmap": "heatmap",
    "plot_likes": "catalogue",
    "plot_map": "map",
    "plot_tree": "tree",
    "save": "style",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
