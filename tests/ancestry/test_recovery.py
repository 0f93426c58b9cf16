import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phylolm.ancestry.recovery import auc, declared_recovery, kin_recovery
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import DataError

NAMES = ("a", "a1", "a2", "b", "b1", "c")
EDGES = [("a", "a1"), ("a", "a2"), ("b", "b1")]
MERGED = [*EDGES, ("b", "a2")]
"""a2 is a merge of a and b."""


def matrix(**near):
    values = np.full((6, 6), 1.0)
    for pair, distance in near.items():
        i, j = (NAMES.index(name) for name in pair.split("_"))
        values[i, j] = values[j, i] = distance
    np.fill_diagonal(values, 0)
    return DistanceMatrix(NAMES, values)


def test_a_perfect_matrix_scores_one():
    d = matrix(a_a1=0.1, a_a2=0.1, a1_a2=0.2, b_b1=0.1)
    families = {name: name[0] for name in NAMES}
    found = kin_recovery(d, families, EDGES)
    assert (found.kin, found.family, found.auc, found.models) == (1, 1, 1, 5)
    declared = declared_recovery(d, EDGES, random_pairs=50)
    assert declared.parent_at[1] == 1 and declared.kin == 1 and declared.auc == 1
    assert declared.edges == 3


def test_a_wrong_nearest_costs_its_share():
    d = matrix(a_a1=0.1, a_a2=0.1, a1_a2=0.2, b_b1=0.5, b1_c=0.1)
    found = kin_recovery(d, {name: name[0] for name in NAMES}, EDGES)
    assert found.kin == pytest.approx(4 / 5)


def test_ties_share_the_point():
    d = matrix()
    assert kin_recovery(d, {name: name[0] for name in NAMES}, EDGES).auc == 0.5
    found = declared_recovery(d, EDGES, ranks=(1, 2, 5), random_pairs=50)
    assert found.parent_at == pytest.approx({1: 1 / 5, 2: 2 / 5, 5: 1}) and found.tied == 1
    assert found.mean_rank == 3


def test_a_parent_at_rank_two():
    """Nearer than the parent: one model; as near: none."""
    found = declared_recovery(matrix(a_a1=0.2, a1_b=0.1), [("a", "a1")], (1, 2, 3), 50)
    assert found.parent_at == {1: 0, 2: 1, 3: 1} and found.tied == 0
    assert found.mean_rank == 2


def test_two_as_near_are_tied():
    found = declared_recovery(matrix(a_a1=0.2, a1_b=0.2), [("a", "a1")], (1, 2), 50)
    assert found.parent_at == {1: 0.5, 2: 1} and found.tied == 1 and found.mean_rank == 1.5


def random_matrix(seed):
    """Distances of 1, 2 or 3, so that many are tied."""
    values = np.random.default_rng(seed).integers(1, 4, (6, 6)).astype(float)
    return DistanceMatrix(NAMES, np.triu(values, 1) + np.triu(values, 1).T)


def drawn_nearest(d, model):
    """The models that may be the nearest, all as likely."""
    apart = {other: d[model, other] for other in NAMES if other != model}
    return [other for other, distance in apart.items() if distance == min(apart.values())]


def share_of(models, related):
    return sum(other in related for other in models) / len(models)


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_parents_ranks_are_those_of_ties_broken_at_random(seed):
    """The plain-loop twin: the parent's place in every order of its ties, all as likely."""
    d = random_matrix(seed)
    found = declared_recovery(d, MERGED, (1, 2, 3), 50)
    places = []
    for parent, child in MERGED:
        others = [d[child, other] for other in NAMES if other != child]
        before = sum(distance < d[child, parent] for distance in others)
        ties = sum(distance == d[child, parent] for distance in others)
        places.append([before + 1 + extra for extra in range(ties)])
    for k in (1, 2, 3):
        shares = [np.mean([place <= k for place in each]) for each in places]
        assert found.parent_at[k] == pytest.approx(np.mean(shares))
    assert found.mean_rank == pytest.approx(np.mean([np.mean(each) for each in places]))
    assert found.tied == np.mean([len(each) > 1 for each in places])


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_nearest_kin_are_those_of_ties_broken_at_random(seed):
    """The plain-loop twin: kin@1 and family@1 of a nearest model drawn among the tied."""
    d = random_matrix(seed)
    line = {"a", "a1", "a2", "b", "b1"}  # joined by the merge a2
    shares = [share_of(drawn_nearest(d, child), line) for child in ("a1", "a2", "b1")]
    assert declared_recovery(d, MERGED, random_pairs=50).kin == pytest.approx(np.mean(shares))
    kin = {
        "a": {"a1", "a2"}, "a1": {"a", "a2"}, "a2": {"a", "b", "a1", "b1"},
        "b": {"b1", "a2"}, "b1": {"b", "a2"},
    }  # fmt: skip
    family = {"a": {"a1", "a2"}, "a1": {"a", "a2"}, "a2": {"a", "a1"}, "b": {"b1"}, "b1": {"b"}}
    found = kin_recovery(d, {name: name[0] for name in NAMES}, MERGED)
    for score, related in ((found.kin, kin), (found.family, family)):
        shares = [share_of(drawn_nearest(d, model), near) for model, near in related.items()]
        assert score == pytest.approx(np.mean(shares))


def test_auc_equals_a_plain_loop():
    rng = np.random.default_rng(0)
    near, far = rng.integers(0, 9, 30) / 10, rng.integers(2, 11, 40) / 10
    wins = np.mean([(x < y) + 0.5 * (x == y) for x in near for y in far])
    assert auc(near, far) == pytest.approx(wins)


def test_no_edge_among_the_models():
    with pytest.raises(DataError, match="none of the declared"):
        declared_recovery(matrix(), [("x", "y")])
