"""Names as vectors, their nearest, their tree and clusters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import cophenet, fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score

from phylolm.atlas import neighbours
from phylolm.atlas.clusters import cluster_names, cosine_distances
from phylolm.atlas.communities import by_size, louvain, modularity
from phylolm.atlas.linkage import METHODS, cut, linkage
from phylolm.atlas.neighbours import NeighbourSettings, distinct, nearest, similar_names, symmetric
from phylolm.atlas.ngrams import NgramSettings, name_features
from phylolm.errors import ConfigError
from phylolm.tree.tree import Tree


@pytest.fixture(scope="module")
def names():
    """Three families of names, and an owner of 60 handles."""
    rng = np.random.default_rng(0)
    kinds = ("instruct", "chat", "gguf", "gptq", "sft", "dpo", "ja", "v2", "code", "math")
    families = ("llama-7b", "pythia-1b", "bert-base-uncased")
    made = [
        f"owner{rng.integers(9)}/{family}-{'-'.join(rng.choice(kinds, 2, replace=False))}-{i}"
        for i, family in enumerate(families * 40)
    ]
    letters = list("abcdefghijklmnopqrstuvwxyz")
    return made + [f"tweets/{''.join(rng.choice(letters, 9))}" for _ in range(60)]


@pytest.mark.parametrize("method", METHODS)
def test_linkage_is_that_of_scipy(method):
    rng = np.random.default_rng(1)
    points = rng.random((80, 4))
    d = np.linalg.norm(points[:, None] - points[None], axis=2).astype(np.float32)
    theirs = scipy_linkage(squareform(d, checks=False), method)
    ours = linkage(d.copy(), method=method)
    assert np.allclose(ours[:, 2], theirs[:, 2], atol=1e-5)
    assert np.allclose(cophenet(ours), cophenet(theirs), atol=1e-5)
    assert adjusted_rand_score(cut(ours, 7), fcluster(theirs, 7, "maxclust")) == 1


def test_weighted_points_stand_for_many():
    rng = np.random.default_rng(2)
    points = rng.random((12, 3))
    times = rng.integers(1, 5, 12)
    d = np.linalg.norm(points[:, None] - points[None], axis=2).astype(np.float32)
    row = np.repeat(np.arange(12), times)
    whole = scipy_linkage(squareform(d[row][:, row], checks=False), "average")
    ours = linkage(d.copy(), times)
    assert np.allclose(ours[:, 2], whole[whole[:, 2] > 0][:, 2], atol=1e-5)
    assert ours[-1, 3] == times.sum()


def test_linkage_of_nothing_and_of_one():
    assert linkage(np.zeros((1, 1), dtype=np.float32)).shape == (0, 4)
    assert cut(np.zeros((0, 4)), 1).tolist() == [0]
    with pytest.raises(ConfigError, match="ward"):
        linkage(np.zeros((2, 2), dtype=np.float32), method="ward")


def test_cosines_are_exact_though_lone_terms_have_no_column():
    models = ["a/llama-7b-xyzzy", "b/llama-7b", "c/llama-13b-plugh", "d/bert"]
    kept = name_features(models, NgramSettings(handles=0, character_share=0)).matrix
    whole = name_features([*models, *models], NgramSettings(handles=0, character_share=0))
    near = (kept @ kept.T).toarray()
    assert near[1, 0] < 0.9 and near[0, 2] > 0 and near[3].sum() == 0
    assert np.allclose((whole.matrix @ whole.matrix.T).diagonal(), 1, atol=1e-6)


def test_handles_are_described_by_their_owner(names):
    features = name_features(names)
    assert features.handles == ("tweets",) and "@tweets" in features.terms
    near = (features.matrix @ features.matrix.T).toarray()
    assert np.allclose(near[-60:, -60:], 1, atol=1e-5) and not near[-60:, :-60].any()
    assert name_features(names, NgramSettings(handles=0)).handles == ()


def naive_nearest(matrix, count, threshold):
    cosines = (matrix @ matrix.T).toarray()
    np.fill_diagonal(cosines, 0)
    kept = np.zeros_like(cosines)
    for row, line in enumerate(cosines):
        best = np.lexsort((np.arange(len(line)), -line))[:count]
        kept[row, best] = np.where(line[best] >= threshold, line[best], 0)
    return kept


def test_nearest_names_are_those_of_all_pairs(names):
    matrix = distinct(name_features(names))[0].matrix
    found = nearest(matrix, NeighbourSettings(count=5)).toarray()
    assert np.allclose(
        np.sort(found, axis=1), np.sort(naive_nearest(matrix, 5, 0.3), axis=1), atol=1e-5
    )
    before = matrix.data.copy()
    bounded = nearest(matrix, NeighbourSettings(count=5, budget=100, shortlist=20)).toarray()
    assert bounded.sum() > 0.9 * found.sum() and (matrix.data == before).all()


@given(
    arrays(np.float32, st.integers(1, 200), elements=st.floats(0, 1, width=32)),
    st.integers(1, 50),
)
def test_the_cutoff_lets_the_shortlist_through_and_those_within_a_bin(scores, shortlist):
    least = neighbours._cutoff(scores, shortlist)
    assert (scores >= least).sum() >= min(shortlist, len(scores))
    if shortlist <= len(scores):
        assert least > np.sort(scores)[-shortlist] - 2 / neighbours._BINS


def test_communities_and_modularity(names):
    edges = symmetric(nearest(distinct(name_features(names))[0].matrix))
    labels = louvain(edges)
    assert (labels == louvain(edges)).all() and modularity(edges, labels) > 0.5
    assert modularity(edges, np.zeros(edges.shape[0], dtype=int)) == pytest.approx(0, abs=1e-6)
    assert by_size(np.array([7, 3, 3, 9])).tolist() == [1, 0, 0, 2]


def test_families_become_clusters(names):
    found = cluster_names(similar_names(names))
    families = [name.split("/")[1].split("-")[0] for name in names[:120]] + ["tweets"] * 60
    assert adjusted_rand_score(found.labels, families) > 0.4
    assert "tweets" in found.names and found.exact and len(found.names) == found.labels.max() + 1
    tree = found.tree()
    assert set(tree.leaf_names) == set(names)
    assert Tree.from_newick(tree.to_newick()).n_leaves == len(names)
    # Two leaves are as far apart as their names joined.
    leaves, lengths = tree.path_lengths()
    place = [leaves.index(name) for name in names]
    plain = linkage(cosine_distances(distinct(name_features(names))[0].matrix))
    plain[:, :3] = found.merges[:, :3]  # scipy counts points, not the models they stand for
    for step, (first, second) in enumerate(plain[:, :2].astype(int)):
        plain[step, 3] = sum(
            plain[c - len(plain) - 1, 3] if c > len(plain) else 1 for c in (first, second)
        )
    joined = squareform(cophenet(plain))[found.spelling][:, found.spelling]
    assert np.allclose(lengths[np.ix_(place, place)], joined, atol=1e-5)


def test_blocks_find_nearly_the_same_clusters(names):
    similar = similar_names(names)
    exact = cluster_names(similar, clusters=6)
    blocked = cluster_names(similar, clusters=6, exact_up_to=10)
    assert not blocked.exact and (np.diff(blocked.merges[:, 2]) >= 0).all()
    assert adjusted_rand_score(exact.labels, blocked.labels) > 0.8


@pytest.mark.parametrize(
    "models", [["a/x"], ["a/x", "b/x"], ["a/", "b/-", "c/..."], ["a/x", "b/y"]]
)
def test_few_and_empty_names(models):
    found = cluster_names(similar_names(models))
    assert len(found.labels) == len(models)
    if len(models) > 1:
        assert set(found.tree().leaf_names) == set(models)


def test_mistakes():
    with pytest.raises(ConfigError, match="unknown linkage"):
        cluster_names(similar_names(["a/x", "b/y"]), "ward")
    with pytest.raises(ConfigError, match="3 clusters of 2 models"):
        cluster_names(similar_names(["a/x", "b/y"]), clusters=3)


@pytest.mark.reference
def test_constellation(reference):
    ids = pd.read_csv(
        reference / "hub" / "constellation_2023-07_textgen.csv.gz", keep_default_na=False
    )["id"]
    found = cluster_names(similar_names(list(ids[:6000])))
    sizes = dict(zip(found.names, found.sizes, strict=True))
    assert "huggingtweets" in sizes and max(sizes.values()) < 2500
    assert any("bloom" in name for name in found.names[:30])


def test_distances_of_names(names):
    matrix = distinct(name_features(names))[0].matrix
    d = cosine_distances(matrix)
    assert (d == d.T).all() and not d.diagonal().any() and d.min() >= 0 and d.max() <= 1
