"""phylolm: the family tree of language models, read from what they say.

    genome → sequencing → bank → allele counts → distances → tree, map → figures, report

Everything here is loaded when first used. The modules, in the order data flow: `genome`,
`sampling`, `sequencing`, `bank`, `frequencies`, `distance`, `treebuild`, `support`,
`ordination`, `ancestry`, `predict`, `figures`, `report`; `zoo` grows models whose family tree is
known.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phylolm.analysis import TreeOptions, analyse
    from phylolm.ancestry import compare, identify
    from phylolm.bank import Bank
    from phylolm.distance import bootstrap, distances, nei_distance
    from phylolm.distancematrix import DistanceMatrix, read_distances
    from phylolm.figures import plot_heatmap, plot_map, plot_tree
    from phylolm.frequencies import AlleleCounts
    from phylolm.genome import Gene, Genome
    from phylolm.ordination import pcoa
    from phylolm.page.notebook import show
    from phylolm.predict.evaluate import evaluate
    from phylolm.predict.forecast import forecast, join_scores
    from phylolm.predict.scores import read_scores
    from phylolm.support import with_support
    from phylolm.tree import Tree
    from phylolm.treebuild import build_tree, neighbor_joining
    from phylolm.treecompare import quartet_distance, robinson_foulds
    from phylolm.treeio import read_tree, write_tree
    from phylolm.version import __version__

_HOME = {
    "AlleleCounts": "frequencies",
    "Bank": "bank",
    "DistanceMatrix": "distancematrix",
    "Gene": "genome",
    "Genome": "genome",
    "Tree": "tree",
    "TreeOptions": "analysis",
    "__version__": "version",
    "analyse": "analysis",
    "bootstrap": "distance",
    "build_tree": "treebuild",
    "compare": "ancestry",
    "distances": "distance",
    "evaluate": "predict.evaluate",
    "forecast": "predict.forecast",
    "identify": "ancestry",
    "join_scores": "predict.forecast",
    "nei_distance": "distance",
    "neighbor_joining": "treebuild",
    "pcoa": "ordination",
    "plot_heatmap": "figures",
    "plot_map": "figures",
    "plot_tree": "figures",
    "quartet_distance": "treecompare",
    "read_distances": "distancematrix",
    "read_scores": "predict.scores",
    "read_tree": "treeio",
    "robinson_foulds": "treecompare",
    "show": "page.notebook",
    "with_support": "support",
    "write_tree": "treeio",
}

__all__ = [
    "AlleleCounts",
    "Bank",
    "DistanceMatrix",
    "Gene",
    "Genome",
    "Tree",
    "TreeOptions",
    "__version__",
    "analyse",
    "bootstrap",
    "build_tree",
    "compare",
    "distances",
    "evaluate",
    "forecast",
    "identify",
    "join_scores",
    "nei_distance",
    "neighbor_joining",
    "pcoa",
    "plot_heatmap",
    "plot_map",
    "plot_tree",
    "quartet_distance",
    "read_distances",
    "read_scores",
    "read_tree",
    "robinson_foulds",
    "show",
    "with_support",
    "write_tree",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'phylolm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"phylolm.{_HOME[name]}"), name)
