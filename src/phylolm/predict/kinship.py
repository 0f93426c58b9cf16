"""Kernels: how much two models' scores are expected to vary together.

Here: the kernel from measured distances and the one from declared facts. Next door: `gaussian`
forecasts with a kernel.

A kernel is a symmetric positive semidefinite matrix over all models, scaled to mean 1 on its
diagonal, so that the share of variance that follows it (Pagel's lambda) compares between kernels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

STEP = 0.5
"""Expected correlation that is left after one step along declared parents."""

DECLARED_WEIGHT = 0.3
"""What declared kinship counts beside measured kinship, where it is used at all."""


def profile_kernel(distances: Matrix) -> Matrix:
    """Covariance of similarity profiles, (n, n) from distances (n, n).

    A model's profile is its row of similarities exp(-d) to all models, scored or not. Two models
    that resemble the same models are expected to score alike even where they share few alleles:
    strong models of different families drift towards the same answers. The product of a matrix
    with its transpose is positive semidefinite, which exp(-d) of sampled distances need not be.
    """
    similarity = np.exp(-np.maximum(distances, 0.0))
    centred = similarity - similarity.mean(axis=0)
    return _scaled(centred @ centred.T)


def similarity_kernel(distances: Matrix) -> Matrix:
    """exp(-d) with its negative eigenvalues cut off, (n, n): plain kernel ridge on similarity."""
    values, vectors = np.linalg.eigh(np.exp(-np.maximum(distances, 0.0)))
    return _scaled((vectors * np.maximum(values, 0.0)) @ vectors.T)


def declared_kernel(
    families: Sequence[str], parents: Sequence[str], models: Sequence[str]
) -> Matrix:
    """What declarations alone say, (n, n): the same family, and steps between declared kin.

    families, parents: n strings, "" where nothing is declared. Along declared parents the
    correlation halves with every step, which is positive semidefinite on any forest.
    """
    family = np.array(families, dtype=object)
    known = family != ""
    same = ((family[:, None] == family[None, :]) & known[:, None] & known[None, :]).astype(float)
    kin = STEP ** _declared_steps(parents, models)
    return _scaled(same + kin)


def kernels_for(distances: Matrix, declared: Matrix | None) -> list[Matrix]:
    """The kernels a forecast chooses from: measured, and measured with declared kinship."""
    measured = profile_kernel(distances)
    return [measured] if declared is None else [measured, measured + DECLARED_WEIGHT * declared]


def _declared_steps(parents: Sequence[str], models: Sequence[str]) -> Matrix:
    """Steps between models along declared parents; infinite between unconnected ones."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import shortest_path

    nodes = {name: place for place, name in enumerate(models)}
    above: dict[int, int] = {}
    for child, parent in sorted(zip(models, parents, strict=True)):
        # A parent that was not sequenced still joins its children. One that would close a
        # circle is a wrong declaration and is left out.
        if parent and not _reaches(above, nodes.setdefault(parent, len(nodes)), nodes[child]):
            above[nodes[child]] = nodes[parent]
    ends = np.array(list(above.items()), dtype=np.intp).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(nodes),) * 2)
    steps = shortest_path(
        graph.tocsr(), directed=False, unweighted=True, indices=range(len(models))
    )
    return np.asarray(steps[:, : len(models)], dtype=np.float64)


def _reaches(above: dict[int, int], start: int, goal: int) -> bool:
    while start != goal:
        if start not in above:
            return False
        start = above[start]
    return True


def _scaled(kernel: Matrix) -> Matrix:
    mean = float(np.trace(kernel)) / len(kernel)
    return np.asarray((kernel + kernel.T) / 2 / (mean or 1.0), dtype=np.float64)
