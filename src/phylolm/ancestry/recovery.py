"""How well distances and trees recover a known or declared lineage.

Here: the scores used by the demo, the validation and the docs. Models that are equally near share
their ranks: each score is what ties broken at random give on average. Next door: `zoo` has the
truth of grown models, `compare` compares trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import rankdata

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import DataError

Edge = tuple[str, str]
"""(parent, child)."""


@dataclass(frozen=True)
class KinRecovery:
    """Scores against a known family tree.

    kin: share of models whose nearest is parent, child or shares a parent (models with kin).
    family: share of models whose nearest has the same base (models with family).
    auc: chance that a same-family pair is nearer than a pair of different families.
    models: how many models `kin` is over.
    """

    kin: float
    family: float
    auc: float
    models: int


@dataclass(frozen=True)
class DeclaredRecovery:
    """Scores against declared parents.

    parent_at: k -> share of edges whose parent is among the child's k nearest, ties shared.
    mean_rank: mean of the parent's expected rank among the child's nearest, from 1.
    tied: share of edges whose parent is as near to the child as another model is.
    kin: share of children whose nearest lies in the child's component of the declared graph.
    auc: chance that a declared pair is nearer than a pair of different components.
    """

    parent_at: dict[int, float]
    mean_rank: float
    tied: float
    kin: float
    auc: float
    models: int
    edges: int


def kin_recovery(
    distances: DistanceMatrix, families: Mapping[str, str], edges: Sequence[Edge]
) -> KinRecovery:
    """Score nearest neighbours and family separation against the truth.

    families: model -> its base. edges: every (parent, child), merges with both parents.
    """
    d = _without_self(distances)
    kin = _kin_matrix(distances.names, edges)
    labels = np.array([families[name] for name in distances.names])
    same = labels[:, None] == labels[None, :]
    np.fill_diagonal(same, False)
    has_kin, has_family = kin.any(axis=1), same.any(axis=1)
    upper = np.triu_indices(len(labels), 1)
    return KinRecovery(
        float(_nearest_among(d, kin)[has_kin].mean()),
        float(_nearest_among(d, same)[has_family].mean()),
        auc(d[upper][same[upper]], d[upper][~same[upper]]),
        int(has_kin.sum()),
    )


def declared_recovery(
    distances: DistanceMatrix,
    edges: Sequence[Edge],
    ranks: Sequence[int] = (1, 5, 10),
    random_pairs: int = 20_000,
    seed: int = 0,
) -> DeclaredRecovery:
    """Score distances against declared (parent, child) edges among the models.

    With b models strictly nearer to the child than its parent and t as near, the parent among
    them, the parent is among the k nearest with probability min(1, max(0, (k - b) / t)), and its
    expected rank is b + (t + 1) / 2.
    Raises DataError when none of the edges is among the models.
    """
    place = {name: index for index, name in enumerate(distances.names)}
    known = sorted({(place[p], place[c]) for p, c in edges if p in place and c in place and p != c})
    if not known:
        raise DataError("none of the declared edges is among these models")
    parents, children = np.array(known).T
    d = _without_self(distances)
    nearer = (d[children] < d[children, parents][:, None]).sum(axis=1)
    as_near = (d[children] == d[children, parents][:, None]).sum(axis=1)
    component = _components(len(place), parents, children)
    child = np.unique(children)
    same = component[:, None] == component[None, :]
    unrelated = _random_unrelated(component, random_pairs, seed)
    return DeclaredRecovery(
        {k: float(np.clip((k - nearer) / as_near, 0, 1).mean()) for k in ranks},
        float((nearer + (as_near + 1) / 2).mean()),
        float((as_near > 1).mean()),
        float(_nearest_among(d, same)[child].mean()),
        auc(d[children, parents], d[unrelated[0], unrelated[1]]),
        len(place),
        len(known),
    )


def auc(related: npt.NDArray[np.float64], unrelated: npt.NDArray[np.float64]) -> float:
    """Chance that a related pair is nearer than an unrelated one, ties counted half."""
    ranks = rankdata(np.concatenate([related, unrelated]))
    n, m = len(related), len(unrelated)
    return float(1 - (ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _without_self(distances: DistanceMatrix) -> npt.NDArray[np.float64]:
    d = distances.values.copy()
    np.fill_diagonal(d, np.inf)
    return d


def _nearest_among(
    d: npt.NDArray[np.float64], related: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """For each row, the share of its (possibly tied) nearest that are related; shape (m,)."""
    nearest = d == d.min(axis=1, keepdims=True)
    return np.asarray((nearest & related).sum(axis=1) / nearest.sum(axis=1))


def _kin_matrix(names: Sequence[str], edges: Sequence[Edge]) -> npt.NDArray[np.bool_]:
    place = {name: index for index, name in enumerate(names)}
    kin = np.zeros((len(names), len(names)), dtype=bool)
    children: dict[str, list[str]] = {}
    for parent, child in edges:
        children.setdefault(parent, []).append(child)
    for parent, brood in children.items():
        group = [place[name] for name in (parent, *brood) if name in place]
        kin[np.ix_(group, group)] = True
    np.fill_diagonal(kin, False)
    return kin


def _components(
    n: int, parents: npt.NDArray[np.int_], children: npt.NDArray[np.int_]
) -> npt.NDArray[np.int32]:
    graph = coo_array((np.ones(len(parents)), (parents, children)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1])


def _random_unrelated(
    component: npt.NDArray[np.int32], number: int, seed: int
) -> npt.NDArray[np.int_]:
    """`number` random pairs from different components, shape (2, number)."""
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, len(component), size=(2, 4 * number))
    return pairs[:, component[pairs[0]] != component[pairs[1]]][:, :number]
