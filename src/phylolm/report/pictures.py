"""The pictures of a report, each an inline SVG in a box that scrolls.

Next door: `phylolm.figures` draws them; `page` says where they go.
"""

from __future__ import annotations

from phylolm.figures.heatmap import HeatmapStyle, plot_heatmap
from phylolm.figures.inline import inline_svg
from phylolm.figures.map import MapStyle, plot_map
from phylolm.figures.tree import LAYOUT_NAMES, TreeStyle, plot_tree
from phylolm.report.content import Report
from phylolm.report.html import text
from phylolm.tree.tree import Tree

_TREE_CAPTION = (
    "Branch lengths are genetic distances; how far apart two models stand across the picture "
    "means nothing, only the path along the branches does. A branch is coloured where all models "
    "beyond it are of one family. Negative branches are drawn with length zero."
)


def trees(report: Report) -> str:
    """The three layouts behind radio buttons, which need no script."""

    style = TreeStyle(unit=report.branch_unit, colours=report.colours)
    count = len(report.distances.names)
    controls, figures = [], []
    for i, layout in enumerate(LAYOUT_NAMES):
        checked = " checked" if i == 0 else ""
        controls.append(
            f'<input type="radio" name="layout" id="layout-{layout}"{checked}>'
            f'<label for="layout-{layout}">{layout.capitalize()}</label>'
        )
        figure = plot_tree(report.tree, layout, report.families, style)
        label = f"{layout.capitalize()} tree of {count} models. The tree as text is below."
        figures.append(_figure(inline_svg(figure, label, f"{layout}-"), label, _TREE_CAPTION))
    return f'<div class="tabs">{"".join(controls)}{"".join(figures)}</div>'


def heatmap(report: Report) -> str:
    """The matrix of all pairs, as a figure in HTML."""
    tree = report.tree if set(_leaves(report.tree)) == set(report.distances.names) else None
    style = HeatmapStyle(shows=report.shows, colours=report.colours)
    figure = plot_heatmap(report.distances, tree, report.families, style)
    label = f"Matrix of all pairs of {len(report.distances.names)} models, in the tree's order."
    caption = "Rows and columns are in the tree's order; the darker, the more alike."
    return _figure(inline_svg(figure, label, "heatmap-"), label, caption)


def map(report: Report) -> str:
    """Principal coordinates, as a figure in HTML."""
    style = MapStyle(colours=report.colours, unit=report.branch_unit)
    figure = plot_map(report.ordination, report.families, style)
    share = 100 * float(report.ordination.explained[:2].sum())
    label = f"Map of {len(report.ordination.names)} models on two principal coordinates."
    caption = (
        f"Principal coordinates of the distances. The two axes hold {share:.0f} % of the positive "
        "eigenvalues: models close on the map can be far apart in what it doesn't show."
    )
    return _figure(inline_svg(figure, label, "map-"), label, caption)


def true_tree(tree: Tree) -> str:
    """The tree that is true, as a figure in HTML."""
    figure = plot_tree(tree, style=TreeStyle(unit="steps", supports="none"))
    label = "The true tree, rectangular."
    return _figure(inline_svg(figure, label, "truth-"), label, "The ancestry as it really was.")


def _figure(svg: str, label: str, caption: str) -> str:
    return (
        f'<figure><div class="scroll" tabindex="0" role="region" aria-label="{text(label)}">'
        f"{svg}</div><figcaption>{caption}</figcaption></figure>"
    )


def _leaves(tree: Tree) -> list[str]:
    inner = set(tree.parent.tolist())
    return [name for node, name in enumerate(tree.names) if node not in inner]
