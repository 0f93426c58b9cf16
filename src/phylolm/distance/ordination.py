"""Principal coordinates (classical multidimensional scaling): models as points on a map.

Here: `pcoa` and its result. Next door: `matrix` holds the matrix it reads; `figures.map`
draws the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError

Array = npt.NDArray[np.float64]

EXACT_LIMIT = 3000
"""Up to this many models every eigenvalue is computed; above, `pcoa` works by random projection."""

_OVERSAMPLE = 16
_POWER_STEPS = 8
_TRACE_PROBES = 12
_LANCZOS_STEPS = 40
_BLOCK_ROWS = 1024


@dataclass(frozen=True, eq=False)
class Ordination:
    """Models as points; the first axis is the longest.

    names: m strings, in the matrix's order.
    coordinates: float64 (m, k); axes without a positive eigenvalue are all zero.
    explained: float64 (k,), each axis's share of the sum of the positive eigenvalues.
    """

    names: tuple[str, ...]
    coordinates: Array
    explained: Array

    def to_pandas(self) -> Any:
        """A DataFrame of coordinates, one row a model, columns axis_1, axis_2, …"""
        import pandas as pd

        columns = [f"axis_{axis}" for axis in range(1, self.coordinates.shape[1] + 1)]
        return pd.DataFrame(self.coordinates, index=list(self.names), columns=columns)


def pcoa(d: DistanceMatrix, dimensions: int = 2) -> Ordination:
    """Principal coordinates of a distance matrix (Gower 1966, Biometrika 53:325).

    The squared distances are double-centred, B = -1/2 J D^2 J with J = I - 11'/m, and axis a is
    sqrt(lambda_a) v_a for the a-th largest eigenvalue of B. Genetic distances are not Euclidean,
    so B also has negative eigenvalues. They are left out, both as axes and from the sum that
    `explained` is a share of (as in scikit-bio); with large ones even all axes together would
    not give the distances back. Each axis is turned so that its largest entry is positive.

    Above EXACT_LIMIT models the axes come from a seeded block subspace iteration and the sum of
    positive eigenvalues from Lanczos quadrature (within a few per cent); B is never stored.

    >>> square = DistanceMatrix(("a", "b", "c"), np.array([[0.0, 3, 5], [3, 0, 2], [5, 2, 0]]))
    >>> pcoa(square, 1).coordinates[:, 0].round(3).tolist()
    [2.667, -0.333, -2.333]
    """
    _check(d, dimensions)
    kept = min(dimensions, len(d.names))
    solve = _exact if len(d.names) <= EXACT_LIMIT else _randomised
    values, vectors, total = solve(d.shown, kept)
    values = np.where(values > 1e-12 * max(total, 0.0), values, 0.0)
    coordinates = np.zeros((len(d.names), dimensions))
    coordinates[:, :kept] = _fix_signs(vectors) * np.sqrt(values)
    explained = np.zeros(dimensions)
    explained[:kept] = values / total if total > 0 else 0.0
    return Ordination(d.names, coordinates, explained)


def _check(d: DistanceMatrix, dimensions: int) -> None:
    if dimensions < 1:
        raise ConfigError(f"a map needs at least 1 dimension, not {dimensions}")
    if not d.names:
        raise DataError("a map needs at least one model; the distance matrix is empty")
    bad = np.argwhere(~np.isfinite(d.values))
    if bad.size:
        a, b = (d.names[i] for i in bad[0])
        raise DataError(f"the distance of {a!r} and {b!r} is not a finite number; leave one out")


def _exact(distances: Array, k: int) -> tuple[Array, Array, float]:
    """The k largest eigenvalues, their vectors, and the sum of all positive eigenvalues."""
    from scipy.linalg import eigh, eigvalsh

    m = len(distances)
    gower = -0.5 * distances**2
    gower -= gower.mean(axis=0)
    gower -= gower.mean(axis=1)[:, None]
    everything = eigvalsh(gower, check_finite=False)
    values, vectors = eigh(gower, subset_by_index=[m - k, m - 1], check_finite=False)
    return values[::-1], vectors[:, ::-1], float(everything[everything > 0].sum())


def _randomised(distances: Array, k: int) -> tuple[Array, Array, float]:
    """`_exact` by block subspace iteration with Rayleigh-Ritz (Halko et al. 2011)."""
    rng = np.random.default_rng(20)
    m = len(distances)
    basis = rng.standard_normal((m, min(m, k + _OVERSAMPLE)))
    for _ in range(_POWER_STEPS):
        basis, _ = np.linalg.qr(_gower_times(distances, basis))
    values, small = np.linalg.eigh(basis.T @ _gower_times(distances, basis))
    vectors = basis @ small[:, ::-1][:, :k]
    total = float(values[values > 0].sum()) + _positive_rest(distances, basis, rng)
    return values[::-1][:k], vectors, total


def _gower_times(distances: Array, columns: Array) -> Array:
    """B @ columns, reading the distances in blocks of rows so that B is never stored."""
    centred = columns - columns.mean(axis=0)
    product = np.empty_like(centred)
    for rows in _blocks(len(distances)):
        product[rows] = (distances[rows] ** 2) @ centred
    return np.asarray(-0.5 * (product - product.mean(axis=0)))


def _blocks(m: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, m, _BLOCK_ROWS))


def _positive_rest(distances: Array, basis: Array, rng: np.random.Generator) -> float:
    """Sum of B's positive eigenvalues outside the basis, by stochastic Lanczos quadrature.

    The few large eigenvalues, which would make the estimate vary, are in the basis and known
    (Ubaru et al. 2017; Meyer et al. 2021).
    """
    m = len(distances)

    def outside(columns: Array) -> Array:
        return np.asarray(columns - basis @ (basis.T @ columns))

    current = outside(rng.choice([-1.0, 1.0], size=(m, _TRACE_PROBES)))
    weights = (current**2).sum(axis=0)
    current /= np.sqrt(np.where(weights > 0, weights, 1.0))
    previous, beta = np.zeros_like(current), np.zeros(_TRACE_PROBES)
    diagonal, off_diagonal = [], []
    for _ in range(min(m, _LANCZOS_STEPS)):
        step = outside(_gower_times(distances, current)) - beta * previous
        alpha = (step * current).sum(axis=0)
        step -= alpha * current
        beta = np.linalg.norm(step, axis=0)
        diagonal.append(alpha)
        off_diagonal.append(beta)
        previous, current = current, step / np.where(beta > 0, beta, 1.0)
    return float(np.mean(weights * _quadrature(np.array(diagonal), np.array(off_diagonal))))


def _quadrature(diagonal: Array, off_diagonal: Array) -> Array:
    """Per probe, the Gauss quadrature of max(lambda, 0) from its Lanczos coefficients."""
    sums = []
    for alpha, beta in zip(diagonal.T, off_diagonal.T, strict=True):
        tridiagonal = np.diag(alpha) + np.diag(beta[:-1], 1) + np.diag(beta[:-1], -1)
        nodes, vectors = np.linalg.eigh(tridiagonal)
        sums.append(float(vectors[0] ** 2 @ np.maximum(nodes, 0.0)))
    return np.array(sums)


def _fix_signs(vectors: Array) -> Array:
    """Turn each column so that its largest entry is positive; near-ties go to the first."""
    size = np.abs(vectors)
    first = (size >= size.max(axis=0) * (1 - 1e-9)).argmax(axis=0)
    signs = np.where(vectors[first, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(vectors * signs)
