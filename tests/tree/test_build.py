import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_cases import distances_of, names_of, noisy, random_tree, shuffled, splits_of

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError
from phylolm.tree import nj
from phylolm.tree.build import (
    METHODS,
    balanced_minimum_evolution,
    bionj,
    build_tree,
    name_ranks,
    neighbor_joining,
    upgma,
)
from phylolm.tree.files import read_tree

DATA = (
    Path(os.environ.get("PHYLOLM_REFERENCE_DATA", Path(__file__).parents[3] / "shared/data"))
    / "phylolm"
)

WIKIPEDIA = np.array(
    [[0, 5, 9, 9, 8], [5, 0, 10, 10, 9], [9, 10, 0, 8, 7], [9, 10, 8, 0, 3], [8, 9, 7, 3, 0.0]]
)


def joining_twin(d, variances=False):
    """Canonical neighbour joining or BIONJ: sets of splits, ties as documented."""
    names = sorted(d.names)
    at = [d.names.index(name) for name in names]
    D = {(i, j): d.values[at[i], at[j]] for i in range(len(at)) for j in range(len(at))}  # noqa: N806
    V, tie = dict(D), nj.TIE * d.values.max()  # noqa: N806
    leaves, active, splits = (
        {i: frozenset([names[i]]) for i in range(len(at))},
        list(range(len(at))),
        set(),
    )
    while len(active) > 3:
        m = len(active)
        u = {i: sum(D[i, j] for j in active) / (m - 2) for i in active}
        q = {(i, j): D[i, j] - u[i] - u[j] for i in active for j in active if i < j}
        least = min(q.values())
        a, b = min(pair for pair in q if q[pair] <= least + tie)
        share, k, first = 0.5, max(leaves) + 1, (D[a, b] + u[a] - u[b]) / 2
        active = [i for i in active if i not in (a, b)]
        if variances and V[a, b] > 0:
            more = sum(V[b, j] - V[a, j] for j in active)
            share = min(max(0.5 + more / (2 * (m - 2) * V[a, b]), 0.0), 1.0)
        for j in active:
            D[j, k] = D[k, j] = share * (D[a, j] - first) + (1 - share) * (
                D[b, j] - D[a, b] + first
            )
            V[j, k] = V[k, j] = (
                share * V[a, j] + (1 - share) * V[b, j] - share * (1 - share) * V[a, b]
            )
        D[k, k], V[k, k] = 0.0, 0.0
        leaves[k] = leaves[a] | leaves[b]
        splits.add(frozenset((leaves[k], frozenset(names) - leaves[k])))
        active.append(k)
    return splits


def uniform(n, rng):
    values = np.triu(rng.random((n, n)), 1)
    return DistanceMatrix(tuple(names_of(n)), values + values.T)


def test_worked_example():
    # Wikipedia, "Neighbor joining"; the tree is exact, so other methods find it too.
    d = DistanceMatrix(tuple("abcde"), WIKIPEDIA)
    tree = neighbor_joining(d)
    assert tree.to_newick() == "(d:2.0,e:1.0,(c:4.0,(a:2.0,b:3.0):3.0):2.0);"
    assert splits_of(bionj(d)) == splits_of(tree)
    assert np.allclose(bionj(d).path_lengths()[1], tree.path_lengths()[1])
    assert splits_of(balanced_minimum_evolution(d)) == splits_of(tree)


@pytest.mark.parametrize("method", ["nj", "bionj", "bme"])
@given(st.integers(4, 25), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_additive_distances_give_their_tree_back(method, n, seed):
    rng = np.random.default_rng(seed)
    truth = random_tree(names_of(n), rng)
    tree = build_tree(shuffled(distances_of(truth), rng), method)
    assert splits_of(tree) == splits_of(truth)
    order = [tree.leaf_names.index(name) for name in truth.leaf_names]
    assert np.allclose(tree.path_lengths()[1][np.ix_(order, order)], truth.path_lengths()[1])


@pytest.mark.parametrize("variances", [False, True])
@given(st.integers(4, 16), st.integers(0, 10**6), st.sampled_from(["uniform", "noisy", "ties"]))
@settings(max_examples=40, deadline=None)
def test_lazy_search_joins_as_the_canonical_one(variances, n, seed, kind):
    rng = np.random.default_rng(seed)
    if kind == "noisy":
        d = noisy(distances_of(random_tree(names_of(n), rng)), rng)
    else:
        d = uniform(n, rng)
    if kind == "ties":  # few distinct values, and duplicate rows
        group = rng.integers(0, max(n // 2, 2), n)
        d = DistanceMatrix(d.names, np.ceil(d.values * 2)[np.ix_(group, group)])
    tree = (bionj if variances else neighbor_joining)(d)
    assert splits_of(tree) == joining_twin(d, variances)


@pytest.mark.parametrize("n", [50, 300])
@pytest.mark.parametrize("kind", ["yule", "uniform", "star"])
def test_same_topology_as_scikit_bio(n, kind):
    from skbio import DistanceMatrix as SkbioMatrix
    from skbio.tree import nj as skbio_nj

    rng = np.random.default_rng(n)
    d = (
        noisy(distances_of(random_tree(names_of(n), rng)), rng)
        if kind == "yule"
        else uniform(n, rng)
    )
    if kind == "star":
        d = DistanceMatrix(d.names, (1 + 0.1 * d.values) * (1 - np.eye(n)))
    theirs = skbio_nj(SkbioMatrix(d.values, d.names))
    assert neighbor_joining(d).to_skbio().compare_rfd(theirs) == 0


@pytest.mark.parametrize("method", METHODS)
@given(st.integers(1, 12), st.integers(0, 10**6), st.booleans())
@settings(max_examples=20, deadline=None)
def test_order_of_models_is_of_no_account(method, n, seed, ties):
    rng = np.random.default_rng(seed)
    d = uniform(n, rng)
    if ties:
        d = DistanceMatrix(d.names, np.ceil(d.values * 2))
    first, second = build_tree(d, method), build_tree(shuffled(d, rng), method)
    assert first.leaf_names == second.leaf_names
    assert np.array_equal(first.parent, second.parent)
    assert np.allclose(first.length, second.length)


@pytest.mark.parametrize("method", METHODS)
def test_few_models(method):
    def d(*rows):
        return DistanceMatrix(tuple("abc"[: len(rows)]), np.array(rows, dtype=float))

    assert build_tree(d([0]), method).to_newick() == "a;"
    assert build_tree(d([0, 3], [3, 0]), method).to_newick() == "(a:1.5,b:1.5);"
    three = build_tree(d([0, 3, 4], [3, 0, 5], [4, 5, 0]), method)
    assert three.n_leaves == 3 and three.is_rooted == (method == "upgma")
    with pytest.raises(DataError, match="no models"):
        build_tree(DistanceMatrix((), np.zeros((0, 0))), method)


@pytest.mark.parametrize("method", METHODS)
def test_identical_models(method):
    same = DistanceMatrix(tuple(names_of(9)), np.zeros((9, 9)))
    assert not build_tree(same, method).length.any()
    values = np.ones((9, 9)) - np.eye(9)
    values[:3, :3] = 0
    tree = build_tree(DistanceMatrix(tuple(names_of(9)), values), method)
    names, paths = tree.path_lengths()
    duplicates = [names.index(f"m{i}") for i in range(3)]
    assert np.allclose(paths[np.ix_(duplicates, duplicates)], 0)
    trio = [c for c in tree.collapse(max_length=1e-12).leafsets() if c.sum() in (3, 6)]
    assert trio


def test_negative_lengths():
    d = noisy(
        distances_of(random_tree(names_of(30), np.random.default_rng(3))),
        np.random.default_rng(3),
        0.4,
    )
    raw, zero, sister = (neighbor_joining(d, how) for how in ("keep", "zero", "sister"))
    assert (raw.length < 0).any() and (zero.length >= 0).all() and (sister.length >= 0).all()
    assert np.array_equal(zero.length, np.maximum(raw.length, 0))
    checked = 0
    for pair in raw.children:
        lengths = raw.length[list(pair)]
        if len(pair) == 2 and lengths.min() < 0 < lengths.sum():
            assert sister.length[list(pair)].sum() == pytest.approx(lengths.sum())
            checked += 1
    assert checked


def test_upgma_is_average_linkage():
    d = uniform(20, np.random.default_rng(5))
    tree = upgma(d)
    assert tree.is_rooted and np.allclose(tree.depth[tree.leaves], tree.depth.max())
    from skbio import DistanceMatrix as SkbioMatrix
    from skbio.tree import upgma as skbio_upgma

    theirs = skbio_upgma(SkbioMatrix(d.values, d.names))
    assert tree.to_skbio().compare_rfd(theirs, rooted=True) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("method", METHODS)
def test_values_that_are_not_finite(method, bad):
    d = uniform(5, np.random.default_rng(0))
    d.values[1, 3] = d.values[3, 1] = bad
    with pytest.raises(DataError, match=f"between 'm1' and 'm3' is {re.escape(str(bad))}; leave"):
        build_tree(d, method)


def test_input_stays_untouched_and_method_is_known():
    d = uniform(8, np.random.default_rng(0))
    before = d.values.copy()
    for method in METHODS:
        build_tree(d, method)
    assert np.array_equal(before, d.values)
    with pytest.raises(
        ConfigError, match="unknown tree method 'ml'; known are nj, bionj, bme, upgma"
    ):
        build_tree(d, "ml")
    assert name_ranks(["c", "a", "b"]).tolist() == [2, 0, 1]


@pytest.mark.reference
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no reference data in {DATA}")
def test_the_published_tree_of_127_models():
    with (DATA / "similarity_math_completion.csv").open() as file:
        rows = list(csv.reader(file))
    similarity = np.array([[float(value) for value in row[1:]] for row in rows[1:]])
    d = DistanceMatrix.from_similarity(rows[0][1:], similarity)
    published = read_tree(DATA / "nj_tree_math_completion.nwk")
    tree = neighbor_joining(d)
    assert splits_of(tree) == splits_of(published) and len(splits_of(tree)) == 124
    order = [tree.leaf_names.index(name) for name in published.leaf_names]
    paths = tree.path_lengths()[1][np.ix_(order, order)]
    assert np.allclose(paths, published.path_lengths()[1], atol=1e-6)
