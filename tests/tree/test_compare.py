import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_cases import names_of, random_tree, splits_of

from phylolm.errors import DataError
from phylolm.tree.compare import QuartetDistance, quartet_distance, robinson_foulds
from phylolm.tree.tree import Tree


def two_trees(n, seed):
    rng = np.random.default_rng(seed)
    names = names_of(n)
    kinds = rng.random(4) < 0.5
    first = random_tree(names, rng, polytomies=kinds[0], rooted=kinds[1])
    rng.shuffle(names)
    return first, random_tree(names, rng, polytomies=kinds[2], rooted=kinds[3])


def quartets_twin(tree, truth):
    """Every set of four leaves, looked up among the splits."""
    fates = dict.fromkeys(["agreeing", "differing", "only_tree", "only_truth", "unresolved"], 0)
    ours, theirs = splits_of(tree), splits_of(truth)
    for four in itertools.combinations(tree.leaf_names, 4):
        a, b = pairing(ours, four), pairing(theirs, four)
        if a and b:
            fates["agreeing" if a == b else "differing"] += 1
        else:
            fates["only_tree" if a else "only_truth" if b else "unresolved"] += 1
    return QuartetDistance(**fates)


def pairing(splits, four):
    for split in splits:
        side = next(iter(split)) & set(four)
        if len(side) == 2:
            return frozenset((side, frozenset(four) - side))
    return None


@given(st.integers(1, 12), st.integers(0, 10**6))
@settings(max_examples=80, deadline=None)
def test_robinson_foulds_by_sets(n, seed):
    tree, truth = two_trees(n, seed)
    ours, theirs = splits_of(tree), splits_of(truth)
    result = robinson_foulds(tree, truth)
    assert result.false_positives == len(ours - theirs)
    assert result.false_negatives == len(theirs - ours)
    assert result.shared == len(ours & theirs)
    assert result.rf == len(ours ^ theirs)
    assert result.normalised == pytest.approx(len(ours ^ theirs) / max(len(ours) + len(theirs), 1))


@given(st.integers(1, 10), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_quartets_by_looking_at_all(n, seed):
    tree, truth = two_trees(n, seed)
    assert quartet_distance(tree, truth) == quartets_twin(tree, truth)


@given(st.integers(4, 40), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_order_and_root_are_of_no_account(n, seed):
    tree, truth = two_trees(n, seed)
    for same in (tree.ladderize(), tree.root_midpoint(), tree.unroot()):
        assert robinson_foulds(same, truth) == robinson_foulds(tree, truth)
        assert quartet_distance(same, truth) == quartet_distance(tree, truth)
        assert robinson_foulds(same, tree).rf == 0
        assert quartet_distance(same, tree).distance == 0


def test_by_hand():
    tree = Tree.from_newick("((a,b),(c,d),e);")
    truth = Tree.from_newick("((a,b),c,(d,e));")
    star = Tree.from_newick("(a,b,c,d,e);")
    assert robinson_foulds(tree, truth).normalised == 0.5
    # abcd, abce, abde agree; acde and bcde are cd|.. in the one and de|.. in the other
    quartets = quartet_distance(tree, truth)
    assert (quartets.agreeing, quartets.differing, quartets.total) == (3, 2, 5)
    assert quartets.normalised == 0.4
    assert str(quartets).startswith(
        "2 of 5 resolved in both differ (0.400); unresolved: 0 in the truth"
    )
    against_star = quartet_distance(tree, star)
    assert (against_star.unresolved_in_truth, against_star.only_tree) == (5, 5)
    assert against_star.distance == 5 and against_star.normalised == 0
    assert robinson_foulds(star, tree).false_negatives == 2
    assert quartet_distance(star, star).unresolved == 5


def test_same_as_scikit_bio():
    tree, truth = two_trees(120, 11)
    theirs = tree.unroot().to_skbio().compare_rfd(truth.unroot().to_skbio())
    assert robinson_foulds(tree, truth).rf == theirs


def test_trees_of_other_models():
    tree = Tree.from_newick("(a,b,c,d,e);")
    other = Tree.from_newick("(a,b,c,x);")
    message = "can't be compared: only in the first 'd', 'e'; only in the second 'x'$"
    for compare in (robinson_foulds, quartet_distance):
        with pytest.raises(DataError, match=message):
            compare(tree, other)
    with pytest.raises(DataError, match="only in the first 'b', 'c', 'd' and 1 more$"):
        robinson_foulds(tree, Tree.from_newick("a;"))
