"""Clades: a tree cut into groups of kin.

Here: `clades`. Next door: `tree` is what is cut, `predict` leaves clades out and knows new
families by them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from phylolm.tree.tree import Tree

LARGEST_SHARE = 0.25


def clades(tree: Tree, counted: Iterable[str] | None = None) -> dict[str, str]:
    """A clade for each leaf: as few as can be with none above a quarter of the `counted` leaves.

    From the root down, a clade that holds too many is cut into its branches. A clade is named by
    its first leaf by name and its size, as in "gpt2 +7". `counted` is all leaves when None.
    """
    wanted = set(tree.leaf_names if counted is None else counted)
    counts = np.array([name in wanted for name in tree.leaf_names], dtype=float)
    limit = LARGEST_SHARE * counts.sum()
    below = tree.leafsets()
    held = below @ counts
    open_nodes, found = [tree.root], {}
    while open_nodes:
        node = open_nodes.pop()
        children = tree.children[node]
        if held[node] > limit and children:
            open_nodes += children
            continue
        members = sorted(tree.leaf_names[leaf] for leaf in np.flatnonzero(below[node]))
        label = members[0] + (f" +{len(members) - 1}" if len(members) > 1 else "")
        found.update(dict.fromkeys(members, label))
    return found
