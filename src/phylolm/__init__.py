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
    from phylolm.atlas.atlas_folder import open_atlas
    from phylolm.bank.bank import Bank
    from phylolm.distance.counts import AlleleCounts
    from phylolm.distance.matrix import DistanceMatrix, read_distances
    from phylolm.distance.measures import bootstrap, distances, nei_distance
    from phylolm.distance.ordination import pcoa
    from phylolm.errors import (
        BackendError,
        BankError,
        BudgetError,
        ConfigError,
        DataError,
        PhylolmError,
    )
    from phylolm.figures import plot_heatmap, plot_map, plot_tree
    from phylolm.genome.genome import Gene, Genome
    from phylolm.models.budget import Limits
    from phylolm.models.protocol import ModelSpec, SamplingSettings
    from phylolm.models.spec import open_model
    from phylolm.page.notebook import show
    from phylolm.predict.evaluate import evaluate
    from phylolm.predict.forecast import forecast, join_scores
    from phylolm.predict.scores import read_scores
    from phylolm.sequencing.fill import SequencingOptions, sequence
    from phylolm.sequencing.imported import import_completions
    from phylolm.study.config import read_study
    from phylolm.study.study import run_study
    from phylolm.tree.analysis import Analysis, TreeOptions, analyse, with_support
    from phylolm.tree.build import build_tree, neighbor_joining
    from phylolm.tree.clades import clades
    from phylolm.tree.compare import quartet_distance, robinson_foulds
    from phylolm.tree.files import read_tree, write_tree
    from phylolm.tree.tree import Tree
    from phylolm.version import __version__

_HOME = {
    "AlleleCounts": "distance.counts",
    "Analysis": "tree.analysis",
    "BackendError": "errors",
    "Bank": "bank.bank",
    "BankError": "errors",
    "BudgetError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "DistanceMatrix": "distance.matrix",
    "Gene": "genome.genome",
    "Genome": "genome.genome",
    "Limits": "models.budget",
    "ModelSpec": "models.protocol",
    "PhylolmError": "errors",
    "SamplingSettings": "models.protocol",
    "SequencingOptions": "sequencing.fill",
    "Tree": "tree.tree",
    "TreeOptions": "tree.analysis",
    "__version__": "version",
    "analyse": "tree.analysis",
    "bootstrap": "distance.measures",
    "build_tree": "tree.build",
    "clades": "tree.clades",
    "compare": "ancestry.kin",
    "distances": "distance.measures",
    "evaluate": "predict.evaluate",
    "forecast": "predict.forecast",
    "identify": "ancestry.kin",
    "import_completions": "sequencing.imported",
    "join_scores": "predict.forecast",
    "nei_distance": "distance.measures",
    "neighbor_joining": "tree.build",
    "open_atlas": "atlas.atlas_folder",
    "open_model": "models.spec",
    "pcoa": "distance.ordination",
    "plot_heatmap": "figures",
    "plot_map": "figures",
    "plot_tree": "figures",
    "quartet_distance": "tree.compare",
    "read_distances": "distance.matrix",
    "read_scores": "predict.scores",
    "read_study": "study.config",
    "read_tree": "tree.files",
    "robinson_foulds": "tree.compare",
    "run_study": "study.study",
    "sequence": "sequencing.fill",
    "show": "page.notebook",
    "with_support": "tree.analysis",
    "write_tree": "tree.files",
}

__all__ = [
    "AlleleCounts",
    "Analysis",
    "BackendError",
    "Bank",
    "BankError",
    "BudgetError",
    "ConfigError",
    "DataError",
    "DistanceMatrix",
    "Gene",
    "Genome",
    "Limits",
    "ModelSpec",
    "PhylolmError",
    "SamplingSettings",
    "SequencingOptions",
    "Tree",
    "TreeOptions",
    "__version__",
    "analyse",
    "bootstrap",
    "build_tree",
    "clades",
    "compare",
    "distances",
    "evaluate",
    "forecast",
    "identify",
    "import_completions",
    "join_scores",
    "nei_distance",
    "neighbor_joining",
    "open_atlas",
    "open_model",
    "pcoa",
    "plot_heatmap",
    "plot_map",
    "plot_tree",
    "quartet_distance",
    "read_distances",
    "read_scores",
    "read_study",
    "read_tree",
    "robinson_foulds",
    "run_study",
    "sequence",
    "show",
    "with_support",
    "write_tree",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'phylolm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"phylolm.{_HOME[name]}"), name)
