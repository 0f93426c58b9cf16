"""Clusters and tree of names: average linkage on cosines, cut where the names' graph says.

Here: `cluster_names` and its result. Next door: `linkage` has the algorithm, `ngrams` the
vectors, `neighbours` the graph, `blocks` what is done where all pairs are too many.

Identical normalised names are one weighted point. How many flat clusters: as many as are needed to
reach 90 % of the highest modularity that any cut of the tree has on the graph of nearest names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from phylolm.atlas.blocks import blocked_joins
from phylolm.atlas.communities import by_size, modularity
from phylolm.atlas.linkage import Merges, check_method, cut, joins, sorted_merges
from phylolm.atlas.neighbours import Similar
from phylolm.atlas.ngrams import OWNER_MARK, Features
from phylolm.errors import ConfigError
from phylolm.tree.tree import NULL, Tree

EXACT_UP_TO = 20_000
"""Distinct names up to which all pairs are compared (1.6 GB at the limit)."""

ENOUGH = 0.9
"""Share of the highest modularity that the default number of clusters reaches."""

NO_WORD = "(no shared word)"
ALONE = "(like no other)"

_SLAB = 1024


@dataclass(frozen=True)
class Clustering:
    """A tree of names and a flat division of it.

    spelling: int (n,), which of the m distinct names each model has. merges: of those, (m - 1, 4).
    labels: int (n,), clusters by falling size; models that no cut puts with another are the last.
    names: of the clusters, from their distinctive terms.
    criterion: columns clusters, modularity: the cuts that were tried.
    exact: whether all pairs were compared. method: the linkage.
    """

    models: tuple[str, ...]
    spelling: npt.NDArray[np.int64]
    merges: Merges
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]
    criterion: pd.DataFrame
    exact: bool
    method: str

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Models in each cluster."""
        return np.bincount(self.labels, minlength=len(self.names))

    def to_pandas(self) -> pd.DataFrame:
        """One row a model: model, cluster (a number from 0), name (of the cluster)."""
        names = np.array(self.names, dtype=object)[self.labels]
        return pd.DataFrame({"model": self.models, "cluster": self.labels, "name": names})

    def words(self, cluster: int, names: Features, most: int = 60) -> dict[str, float]:
        """Words of a cluster with weights, models times rarity, for a word cloud.

        names: features of the distinct names.
        """
        rows = names.matrix[self.spelling[self.labels == cluster]][:, : names.words]
        weights = np.asarray(rows.sum(axis=0)).ravel()
        best = [int(c) for c in np.argsort(-weights, kind="stable")[:most] if weights[c] > 0]
        return {names.terms[c].removeprefix(OWNER_MARK): float(weights[c]) for c in best}

    def tree(self) -> Tree:
        """The tree of all models; two leaves are as far apart as their names joined (cosine)."""
        return _tree(self.models, self.spelling, self.merges)


def cluster_names(
    similar: Similar,
    method: str = "average",
    clusters: int | None = None,
    exact_up_to: int = EXACT_UP_TO,
) -> Clustering:
    """Cluster models by name; how many clusters: default by modularity.

    Raises:
        ConfigError: an unknown method, or more clusters than models.
    """
    check_method(method)
    if clusters is not None and clusters > len(similar.models):
        raise ConfigError(f"{clusters:,} clusters of {len(similar.models):,} models")
    names, spelling, edges = similar.names, similar.spelling, similar.edges
    weights = np.bincount(spelling).astype(np.float64)
    exact = len(names) <= exact_up_to
    if exact:
        raw = joins(cosine_distances(names.matrix), weights, method)
    else:
        raw = blocked_joins(names.matrix, weights, edges, method)
    merges = sorted_merges(raw, weights)
    tried = _criterion(merges, edges) if clusters is None else pd.DataFrame()
    wanted = clusters or _fewest(tried)
    labels = _together(cut(merges, wanted)[spelling])
    said = name_clusters(names, spelling, labels)
    if cut(merges, wanted)[spelling].max() > labels.max():
        said = (*said[:-1], ALONE)
    return Clustering(similar.models, spelling, merges, labels, said, tried, exact, method)


def _together(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Clusters by falling size; those of a single model become one group, the last."""
    alone = np.bincount(labels)[labels] == 1
    if alone.sum() < 2:
        return by_size(labels)
    ranked = by_size(np.where(alone, -1, labels))
    group = ranked[np.argmax(alone)]
    ranked[alone] = ranked.max() + 1
    return np.where(ranked > group, ranked - 1, ranked)


def cosine_distances(matrix: sparse.csr_array) -> npt.NDArray[np.float32]:
    """1 - cosine of all rows, float32 (n, n), 0 on the diagonal."""
    n = matrix.shape[0]
    distances = np.empty((n, n), dtype=np.float32)
    turned = sparse.csr_array(matrix.T)
    for start in range(0, n, _SLAB):
        slab = (matrix[start : start + _SLAB] @ turned).toarray()
        np.subtract(1, slab, out=distances[start : start + _SLAB])
    np.clip(distances, 0, 1, out=distances)
    np.fill_diagonal(distances, 0)
    return distances


def _criterion(merges: Merges, edges: sparse.csr_array) -> pd.DataFrame:
    most = max(len(merges) // 2, 1)
    counts = np.unique(np.geomspace(1, most, 60).astype(int))
    return pd.DataFrame(
        {
            "clusters": counts,
            "modularity": [modularity(edges, cut(merges, int(count))) for count in counts],
        }
    )


def _fewest(tried: pd.DataFrame) -> int:
    found = tried["modularity"].fillna(0.0)  # a graph without edges has none
    best = float(found.max())
    enough = found >= (ENOUGH * best if best > 0 else best)
    return int(tried["clusters"][enough].iloc[0])


def name_clusters(
    names: Features,
    spelling: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    words: int = 3,
) -> tuple[str, ...]:
    """A name for each cluster: its most distinctive terms or word pairs, none within another.

    names: of the distinct names. spelling: (n,), which one a model has. labels: (n,).
    """
    terms = telling_terms(names, spelling, labels).groupby("cluster")["term"].agg(list)
    clusters = range(int(labels.max()) + 1)
    return tuple(_apart(terms.get(cluster, []), words) or NO_WORD for cluster in clusters)


def telling_terms(
    names: Features,
    spelling: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    most: int = 20,
) -> pd.DataFrame:
    """The most distinctive terms and word pairs of each cluster, best first.

    Columns cluster, term, share (of the cluster's models that have it), telling: p ln(p / q), p
    that share and q the share of all models.
    """
    terms = names.matrix[spelling][:, : names.words]
    present = sparse.csr_array((np.ones_like(terms.data), terms.indices, terms.indptr), terms.shape)
    count = int(labels.max()) + 1
    members = sparse.csr_array(
        (np.ones(len(labels), dtype=np.float32), (labels, np.arange(len(labels)))),
        shape=(count, len(labels)),
    )
    inside = sparse.coo_array(members @ present)
    overall = np.asarray(present.sum(axis=0)).ravel() / len(labels)
    share = inside.data / np.bincount(labels, minlength=count)[inside.row]
    telling = share * np.log(share / overall[inside.col])
    order = np.lexsort((inside.col, -telling, inside.row))
    cluster = inside.row[order]
    rank = np.arange(len(order)) - np.searchsorted(cluster, cluster)
    order = order[rank < most]
    words = np.array([term.removeprefix(OWNER_MARK) for term in names.terms], dtype=object)
    return pd.DataFrame(
        {
            "cluster": inside.row[order].astype(np.int64), "term": words[inside.col[order]],
            "share": share[order], "telling": telling[order],
        }
    )  # fmt: skip


def _apart(terms: Sequence[str], wanted: int) -> str:
    chosen: list[str] = []
    for term in terms:
        new = set(term.split())
        if len(chosen) < wanted and not any(new & set(old.split()) for old in chosen):
            chosen.append(term)
    return ", ".join(chosen)


def _tree(models: Sequence[str], spelling: npt.NDArray[np.int64], merges: Merges) -> Tree:
    """Leaves 0..n-1, then distinct names n..n+m-1, then merges; needless nodes are left out."""
    n, m = len(models), len(merges) + 1
    height = np.concatenate([np.zeros(n + m), merges[:, 2] / 2])
    above = np.full(n + 2 * m - 1, NULL, dtype=np.int64)
    above[:n] = n + spelling
    for side in (0, 1):
        above[n + merges[:, side].astype(np.int64)] = n + m + np.arange(m - 1)
    # A node as high as the one above it says nothing; its children go there. Nor does a
    # distinct name of one model.
    alone = np.bincount(spelling, minlength=m) == 1
    for node in range(len(above) - 2, n - 1, -1):
        up = above[node]
        if height[up] == height[node] and up >= n + m:
            height[node] = -1
    kept = height >= 0
    kept[n : n + m] &= ~alone
    root_of = np.arange(len(above))
    for node in range(len(above) - 2, n - 1, -1):
        if not kept[node]:
            root_of[node] = root_of[above[node]]
    parents = np.where(above == NULL, NULL, root_of[above])
    place = np.cumsum(kept) - 1
    parent = np.where(parents[kept] == NULL, NULL, place[parents[kept]])
    length = np.where(parents == NULL, 0, height[parents] - height)[kept]
    names = [*models, *[""] * (int(kept.sum()) - n)]
    return Tree.from_arrays(parent, np.maximum(length, 0), names)
