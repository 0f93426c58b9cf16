"""From allele counts to a finished tree: distances, tree, support, root.

Here: the one path that the tree, report and demo commands share. Next door: `distance`,
`build`, `support` and `rooting` do the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phylolm import defaults
from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.measures import DEFAULT_MEASURE, bootstrap, distances, find_measure
from phylolm.errors import ConfigError
from phylolm.showable import Showable
from phylolm.tree.build import array_builder, build_tree
from phylolm.tree.support import FELSENSTEIN, TRANSFER, replicate_support
from phylolm.tree.tree import Tree

ROOTS = ("midpoint", "mad", "none")
OUTGROUP = "outgroup:"


@dataclass(frozen=True)
class TreeOptions:
    """How a tree is made. root: "none", "midpoint", "mad" or "outgroup:NAME[,NAME…]".

    replicates: bootstrap replicates over genes, 0 for none. support: "felsenstein" or
    "transfer". collapse: contract branches with less support, in percent.
    """

    method: str = defaults.TREE_METHOD
    measure: str = DEFAULT_MEASURE
    replicates: int = defaults.REPLICATES
    support: str = defaults.SUPPORT
    root: str = defaults.ROOT
    collapse: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ConfigError for anything unknown, before any work is done."""
        array_builder(self.method)
        find_measure(self.measure)
        if self.support not in (FELSENSTEIN, TRANSFER):
            raise ConfigError(f"unknown support {self.support!r}: {FELSENSTEIN} or {TRANSFER}")
        if self.root not in ROOTS and not self.root.startswith(OUTGROUP):
            raise ConfigError(f"unknown root {self.root!r}: {', '.join(ROOTS)} or {OUTGROUP}NAME")


@dataclass(frozen=True)
class Analysis(Showable):
    """Distances and the tree made of them."""

    distances: DistanceMatrix
    tree: Tree


def analyse(
    counts: AlleleCounts,
    options: TreeOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> Analysis:
    """Distances and a supported, rooted tree. progress: called with replicates done."""
    options = options or TreeOptions()
    matrix = distances(counts, options.measure)
    tree = build_tree(matrix, options.method)
    return Analysis(matrix, finished(with_support(tree, counts, options, progress), options))


def with_support(
    tree: Tree,
    counts: AlleleCounts,
    options: TreeOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tree:
    """The tree with support on its inner branches, from a bootstrap over the genes of `counts`.

    options: how the tree was made, and how many replicates. Raises DataError when the tree's
    leaves are not the counts' models.
    """
    options = options or TreeOptions()
    if not options.replicates or len(tree.leaf_names) <= 3:
        return tree
    blocks = _counted(
        bootstrap(counts, options.measure, options.replicates, options.seed), progress
    )
    return replicate_support(tree, blocks, counts.models, options.method, options.support)


def finished(tree: Tree, options: TreeOptions) -> Tree:
    """The tree collapsed, rooted and ladderized."""
    if options.collapse:
        tree = tree.collapse(options.collapse)
    return rooted(tree, options.root).ladderize()


def rooted(tree: Tree, root: str) -> Tree:
    """The tree rooted as `root` says. Raises DataError for an outgroup that isn't there."""
    if root == "none":
        return tree
    if root == "midpoint":
        return tree.root_midpoint()
    if root == "mad":
        return tree.root_mad()
    names = root.removeprefix(OUTGROUP)
    return tree.root_outgroup([names] if names in tree.leaf_names else names.split(","))


def _counted(
    blocks: Iterator[npt.NDArray[np.float64]], progress: Callable[[int], None] | None
) -> Iterator[npt.NDArray[np.float64]]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        if progress is not None:
            progress(done)
