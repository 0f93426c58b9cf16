"""What models like a model declare."""

import numpy as np
import pytest
from scipy import sparse

from phylolm.atlas.parents import ENOUGH, NAMES_ALONE, ParentIndex, Weights
from phylolm.atlas.siblings import Siblings

# Models 0-3: bases; 4, 5 share a name; 4, 6, 7 share an owner; 8 has neither.
SPELLING = np.array([0, 1, 2, 3, 4, 4, 5, 6, 7])
OWNER = np.array([1, 2, 3, 4, 5, 6, 5, 5, 0])
EDGES = np.array([[4, 0], [5, 1], [6, 2], [7, 2], [8, 3]])


@pytest.fixture
def siblings():
    near = sparse.lil_array((8, 8))
    near[4, 5] = near[5, 4] = 0.5
    return Siblings(sparse.csr_array(near), SPELLING, OWNER, EDGES)


def test_siblings_vote_and_own_declarations_never_do(siblings):
    near, owner = (votes.toarray() for votes in siblings.votes(np.array([4, 5, 8])))
    assert near.tolist() == [
        [0, 1, 0.5, 0, 0, 0, 0, 0, 0],
        [1, 0, 0.5, 0, 0, 0, 0, 0, 0],
        [0] * 9,
    ]
    assert owner.tolist() == [[0, 0, 2, 0, 0, 0, 0, 0, 0], [0] * 9, [0] * 9]


def test_candidates_and_features(siblings):
    places, parents = siblings.candidates(np.array([8, 4]))
    assert {(1, 1), (1, 2)} == set(zip(places.tolist(), parents.tolist(), strict=True))
    found = siblings.features(np.array([4, 4, 4]), np.array([0, 1, 2]))
    assert found[0].tolist() == [0] * 6
    assert found[1] == pytest.approx([np.log(2), 2 / 3, 1, 0, 0, 0])
    assert found[2] == pytest.approx([np.log(1.5), 1 / 3, 1, np.log(3), 1, 1])


def test_no_declarations_at_all():
    empty = Siblings(sparse.csr_array((8, 8)), SPELLING, OWNER, EDGES[:0])
    assert len(empty.candidates(np.arange(9))[0]) == 0
    assert not empty.features(np.array([4]), np.array([0])).any()


def test_an_index_never_counts_the_declaration_it_is_asked_about():
    """Whether a model declares its parent or not, the judgement is the same."""
    models = ["a/base-7b", "b/other-13b", *(f"o{i}/thing-{i}" for i in range(ENOUGH + 10))]
    edges = [(row, row % 2) for row in range(2, ENOUGH + 4)]
    asked = np.array([2])
    told, silent = (ParentIndex(models, e).propose(asked, Weights()) for e in (edges, edges[1:]))
    assert told.equals(silent) and len(told)


def test_names_alone_are_judged_where_little_is_declared():
    models = [f"o{i}/thing-{i}" for i in range(ENOUGH + 2)]
    edges = [(row, 0) for row in range(1, ENOUGH + 1)]
    assert ParentIndex(models, edges).weights == Weights()
    assert ParentIndex(models, edges[1:]).weights == NAMES_ALONE
