"""Trees and distances for tests, and names that break careless file formats."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from phylolm.distance.matrix import DistanceMatrix
from phylolm.tree.tree import Tree

NASTY = (
    "it's", "a,b", "org/model", "f(x)", "[x]", "a:1", "end;", "two\nlines", "a\ttab", "cr\rlf\r\n",
    "under_score", "with blank", " lead", "trail ", "🦙-7b", "é", "100", "-1e5", "'", "''", '"q"',
    "&amp;<b>", "{curly}", "=", "a''b", "\u2028", "\x85", "#NEXUS", "\\", "nan",
)  # fmt: skip

nasty_names = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    min_size=1,
    max_size=9,
    unique=True,
)


def random_tree(names, rng, polytomies=False, rooted=False):
    """Leaves joined at random; distinct supports on inner branches, lengths in (0.1, 1.1)."""
    n = len(names)
    parent, clusters = [-1] * n, list(range(n))
    stop = 2 if rooted else 3
    while len(clusters) > stop:
        size = int(rng.choice([2, 2, 3, 4])) if polytomies else 2
        size = min(size, len(clusters) - stop + 1)
        for _ in range(size):
            parent[clusters.pop(rng.integers(len(clusters)))] = len(parent)
        clusters.append(len(parent))
        parent.append(-1)
    if n > 1:
        for cluster in clusters:
            parent[cluster] = len(parent)
        parent.append(-1)
    total = len(parent)
    support = rng.permutation(total) % 101
    labels = [*names, *([""] * (total - n))]
    return Tree.from_arrays(parent, rng.random(total) + 0.1, labels, support)


def names_of(n):
    return [f"m{i}" for i in range(n)]


def distances_of(tree):
    return DistanceMatrix(*tree.path_lengths())


def shuffled(d, rng):
    order = rng.permutation(len(d.names))
    names = tuple(d.names[i] for i in order)
    return DistanceMatrix(names, d.values[np.ix_(order, order)])


def noisy(d, rng, spread=0.1):
    noise = np.triu(rng.normal(0, spread, d.values.shape), 1)
    return DistanceMatrix(d.names, np.abs(d.values * (1 + noise + noise.T)))


def support_of_splits(tree):
    """{split: support}, a split being the set of its two leaf sets; plain sets, no bit tricks."""
    everything = frozenset(tree.leaf_names)
    below, found = {}, {}
    for node, children in enumerate(tree.children):
        leaves = [below[child] for child in children] or [{tree.names[node]}]
        below[node] = frozenset().union(*leaves)
        if 1 < len(below[node]) < len(everything) - 1:
            found[frozenset((below[node], everything - below[node]))] = float(tree.support[node])
    return found


def splits_of(tree):
    return set(support_of_splits(tree))
