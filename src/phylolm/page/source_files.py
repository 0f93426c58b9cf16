"""A page of distances alone, or of a tree alone."""

from __future__ import annotations

from phylolm.distance.matrix import DistanceMatrix
from phylolm.page.ofstudy import Shown
from phylolm.tree import analysis
from phylolm.tree.analysis import TreeOptions
from phylolm.tree.build import build_tree
from phylolm.tree.tree import Tree
from phylolm.version import __version__


def of_distances(matrix: DistanceMatrix, title: str, options: TreeOptions | None = None) -> Shown:
    """Distances alone: the tree is made of them."""
    options = options or TreeOptions()
    made = {"models": len(matrix), "measure": matrix.measure, "tree method": options.method,
            "root": options.root, "phylolm": __version__}  # fmt: skip
    return Shown(
        title, analysis.finished(build_tree(matrix, options.method), options), matrix, made=made
    )


def of_tree(tree: Tree, title: str) -> Shown:
    """A tree alone."""
    return Shown(title, tree, made={"models": tree.n_leaves, "phylolm": __version__})
