import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_cases import (
    distances_of,
    names_of,
    noisy,
    random_tree,
    splits_of,
    support_of_splits,
)

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError, DataError
from phylolm.tree.analysis import TreeOptions, analyse
from phylolm.tree.build import METHODS, build_tree, neighbor_joining
from phylolm.tree.support import FELSENSTEIN, TRANSFER, replicate_support
from phylolm.tree.tree import Tree


def replicates_of(d, count, rng, spread=0.3):
    return np.array([noisy(d, rng, spread).values for _ in range(count)])


def felsenstein_twin(split, trees):
    return 100 * np.mean([split in splits_of(tree) for tree in trees])


def transfer_twin(split, trees):
    small, large = sorted(split, key=len)
    moves = []
    for tree in trees:
        every = [side for other in splits_of(tree) for side in other]
        every += [{name} for name in tree.leaf_names]
        least = [min(len(small ^ side), len(large ^ side)) for side in every]
        moves.append(min(least))
    return 100 * (1 - np.mean(moves) / (len(small) - 1))


def case(n, seed, count=12):
    rng = np.random.default_rng(seed)
    d = distances_of(random_tree(names_of(n), rng))
    return d, replicates_of(d, count, rng)


@pytest.mark.parametrize(
    ("kind", "twin"), [(FELSENSTEIN, felsenstein_twin), (TRANSFER, transfer_twin)]
)
@given(st.integers(4, 12), st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_support_is_the_plain_count(kind, twin, n, seed):
    d, replicates = case(n, seed)
    tree = neighbor_joining(d)
    trees = [neighbor_joining(DistanceMatrix(d.names, values)) for values in replicates]
    supported = replicate_support(tree, [replicates], d.names, kind=kind, threads=1)
    for split, support in support_of_splits(supported).items():
        assert support == pytest.approx(twin(split, trees))
    assert np.isnan(supported.support[tree.is_leaf]).all()
    assert np.array_equal(supported.parent, tree.parent) and supported.names == tree.names


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [FELSENSTEIN, TRANSFER])
def test_every_method_and_any_blocks(method, kind):
    d, replicates = case(15, 3, 30)
    tree = build_tree(d, method)
    trees = [build_tree(DistanceMatrix(d.names, values), method) for values in replicates]
    twin = felsenstein_twin if kind == FELSENSTEIN else transfer_twin
    expected = {split: twin(split, trees) for split in splits_of(tree)}
    whole = replicate_support(tree, [replicates], d.names, method, kind)
    blocks = replicate_support(
        tree, np.array_split(replicates, 7), d.names, method, kind, threads=3
    )
    singles = replicate_support(tree, iter(replicates), d.names, method, kind)
    assert support_of_splits(whole) == pytest.approx(expected)
    assert np.array_equal(whole.support, blocks.support, equal_nan=True)
    assert np.array_equal(whole.support, singles.support, equal_nan=True)


def test_order_of_models_and_root_are_of_no_account():
    d, replicates = case(20, 5)
    tree = neighbor_joining(d)
    expected = support_of_splits(replicate_support(tree, [replicates], d.names))
    order = np.random.default_rng(0).permutation(20)
    names = [d.names[i] for i in order]
    turned = replicate_support(tree.root_midpoint(), [replicates[:, order][:, :, order]], names)
    assert support_of_splits(turned) == expected
    rooted = turned.children[turned.root]
    assert turned.support[rooted[0]] == turned.support[rooted[1]] or turned.is_leaf[rooted,].any()


def test_identical_models_support_no_split_among_them():
    d, _ = case(8, 1)
    copies = np.r_[np.arange(8), 0, 0, 0]
    names = [*d.names, "copy1", "copy2", "copy3"]
    values = d.values[np.ix_(copies, copies)]
    tree = neighbor_joining(DistanceMatrix(tuple(names), values))
    clones = {d.names[0], "copy1", "copy2", "copy3"}
    for kind in (FELSENSTEIN, TRANSFER):
        for split, support in support_of_splits(
            replicate_support(tree, [values] * 5, names, kind=kind)
        ).items():
            inside = any(side < clones for side in split)
            assert support == (pytest.approx(0) if inside else 100)


def test_sure_splits_have_full_support_under_either_kind():
    d, _ = case(30, 2)
    tree = neighbor_joining(d)
    for kind in (FELSENSTEIN, TRANSFER):
        supported = replicate_support(tree, [d.values] * 3, d.names, kind=kind)
        assert set(support_of_splits(supported).values()) == {100.0}


def test_few_models_and_bad_input():
    three = Tree.from_newick("(a:1,b:1,c:1);")
    assert replicate_support(three, [np.zeros((2, 3, 3))], list("abc")) is three
    d, replicates = case(6, 0)
    tree = neighbor_joining(d)
    with pytest.raises(DataError, match="no bootstrap replicates"):
        replicate_support(tree, [], d.names)
    with pytest.raises(
        ConfigError, match="unknown support 'best'; known are felsenstein, transfer"
    ):
        replicate_support(tree, [replicates], d.names, kind="best")
    with pytest.raises(ConfigError, match="unknown tree method"):
        replicate_support(tree, [replicates], d.names, method="best")
    with pytest.raises(DataError, match="6 leaves and the replicates' 5 models differ"):
        replicate_support(tree, [replicates], d.names[:5])
    with pytest.raises(DataError, match=r"shape \(12, 5, 6\) for 6 models"):
        replicate_support(tree, [replicates[:, :5]], d.names)
    replicates[3, 1, 2] = np.nan
    with pytest.raises(DataError, match="the distance between .* is not finite"):
        replicate_support(tree, [replicates], d.names)


def test_a_tree_takes_its_support_from_counts():
    rows = [
        (model, f"g{gene}", f"{allele}{gene}")
        for gene in range(40)
        for model, allele in zip("abcde", "11223", strict=True)
        for _ in range(3)
    ]
    counts = AlleleCounts.from_probes(pd.DataFrame(rows, columns=["model", "gene", "text"]))
    tree = neighbor_joining(distances(counts)).with_support(counts, replicates=50)
    whole = analyse(counts, TreeOptions(replicates=50, root="none")).tree
    assert support_of_splits(tree) == support_of_splits(whole)
    with pytest.raises(ConfigError, match="unknown tree method"):
        tree.with_support(counts, method="guess")
