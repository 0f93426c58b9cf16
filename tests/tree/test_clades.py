"""Clades: a tree cut into few groups of kin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from score_cases import (
    one_thread,  # noqa: F401
)
from tree_cases import names_of, random_tree

from phylolm.tree.clades import LARGEST_SHARE, clades
from phylolm.tree.tree import Tree


@given(st.integers(0, 10_000), st.integers(1, 40), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_clades_part_the_leaves_into_the_fewest_subtrees_small_enough(seed, n, rooted, all_count):
    rng = np.random.default_rng(seed)
    tree = random_tree(names_of(n), rng, polytomies=True, rooted=rooted)
    counted = set(
        tree.leaf_names if all_count else rng.choice(tree.leaf_names, (n + 1) // 2, False)
    )
    found = clades(tree, None if all_count else counted)
    assert set(found) == set(tree.leaf_names)
    members = {label: {leaf for leaf in found if found[leaf] == label} for label in found.values()}
    below, above = {}, {}
    for node, children in enumerate(tree.children):
        below[node] = {tree.names[node]} if not children else set()
        for child in children:
            below[node] |= below[child]
            above[child] = node
    limit = LARGEST_SHARE * len(counted)
    for label, leaves in members.items():
        nodes = [node for node in below if below[node] == leaves]
        assert nodes, f"{label} is no subtree"
        assert len(leaves) == 1 or len(leaves & counted) <= limit
        # Its parent holds too many: no fewer clades would do.
        assert max(nodes) == tree.root or len(below[above[max(nodes)]] & counted) > limit
        first = min(leaves)
        assert label == (f"{first} +{len(leaves) - 1}" if len(leaves) > 1 else first)
    assert found == clades(Tree.from_newick(tree.to_newick()), sorted(counted))


def test_clades_of_a_tree_one_can_read():
    tree = Tree.from_newick("((((a,b),c),(d,e)),((f,g),h));")
    assert clades(tree) == {
        "a": "a +1", "b": "a +1", "c": "c", "d": "d +1", "e": "d +1",
        "f": "f +1", "g": "f +1", "h": "h",
    }  # fmt: skip
    assert set(clades(tree, ["a", "d", "f", "h"]).values()) == {"a +2", "d +1", "f +1", "h"}
    assert clades(Tree.from_newick("a;")) == {"a": "a"}
