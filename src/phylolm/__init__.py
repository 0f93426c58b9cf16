"""phylolm: the family tree of language models, read from what they say.

    genome → sequencing → bank → allele counts → distances → tree, map → figures, report

Everything here is loaded when first used. The folders, in the order data flow: `genome`,
`models`, `sequencing`, `bank`, `distance`, `tree`, `ancestry`, `predict`, `study`, `figures`,
`report`, `page`; `atlas` for the catalogues of hubs, `zoo` grows models whose family tree is known.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phylolm.ancestry.kin import compare, identify
    from phylolm.bank.bank import Bank
    from phylolm.distance.counts import AlleleCounts
    from phylolm.distance.matrix import DistanceMatrix, read_distances
    from phylolm.distance.measures import bootstrap, distances, nei_distance
    from phylolm.distance.ordination import pcoa
    from phylolm.figures import plot_heatmap, plot_map, plot_tree
    from phylolm.genome.genome import Gene, Genome
    from phylolm.page.notebook import show
    from phylolm.predict.evaluate import evaluate
    from phylolm.predict.forecast import forecast, join_scores
    from phylolm.predict.scores import read_scores
    from phylolm.tree.analysis import TreeOptions, analyse
    from phylolm.tree.build import build_tree, neighbor_joining
    from phylolm.tree.compare import quartet_distance, robinson_foulds
    from phylolm.tree.files import read_tree, write_tree
    from phylolm.tree.support import with_support
    from phylolm.tree.tree import Tree
    from phylolm.version import __version__

_HOME = {
    "AlleleCounts": "distance.counts",
    "Bank": "bank.bank",
    "DistanceMatrix": "distance.matrix",
    "Gene": "genome.genome",
    "Genome": "genome.genome",
    "Tree": "tree.tree",
    "TreeOptions": "tree.analysis",
    "__version__": "version",
    "analyse": "tree.analysis",
    "bootstrap": "distance.measures",
    "build_tree": "tree.build",
    "compare": "ancestry.kin",
    "distances": "distance.measures",
    "evaluate": "predict.evaluate",
    "forecast": "predict.forecast",
    "identify": "ancestry.kin",
    "join_scores": "predict.forecast",
    "nei_distance": "distance.measures",
    "neighbor_joining": "tree.build",
    "pcoa": "distance.ordination",
    "plot_heatmap": "figures",
    "plot_map": "figures",
    "plot_tree": "figures",
    "quartet_distance": "tree.compare",
    "read_distances": "distance.matrix",
    "read_scores": "predict.scores",
    "read_tree": "tree.files",
    "robinson_foulds": "tree.compare",
    "show": "page.notebook",
    "with_support": "tree.support",
    "write_tree": "tree.files",
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
