"""From forecast errors to intervals, and what a model's other scores add to a forecast.

Here: `Calibration`. Next door: `leaveout` makes the errors, `forecast` and `evaluate` use both.

Errors are standardised, z = e / (scale sqrt(variance)). Errors of one model on several
benchmarks correlate; where some of its scores are known, their z shift the forecast of the
others by a linear rule, R_bo R_oo^-1 z_o. A z beyond 2 counts as 2, so that one score made by
another protocol can't drag the others along (Huber 1964, Annals of Mathematical Statistics
35:73). Intervals are conformal: their half width is a quantile of |z| over models forecast in
the same way, each fold weighing the same (as for hierarchical data, Dunn, Wasserman and Ramdas
2023, JASA 118:2491). With few families that is an approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phylolm.predict.gaussian import Indices, Matrix

CLIP = 2.0
SHRINKAGE = 0.1
"""Share by which correlations are drawn to 0: they rest on few families."""

CROSS_FITS = 10
"""Parts the models are cut into for correlations that don't rest on the model they serve."""


@dataclass(frozen=True)
class Calibration:
    """Standardised errors of n models on t traits, and what follows from them.

    z (n, t): NaN where there is none. scale (t,): of errors, in sqrt of the process' variance.
    correlation (t, t): of clipped z. fold_weight (n,): 1 / size of the model's fold.
    parts: the models cut into CROSS_FITS; part_correlation: correlation without each part.
    """

    z: Matrix
    scale: npt.NDArray[np.float64]
    correlation: Matrix
    fold_weight: npt.NDArray[np.float64]
    parts: tuple[Indices, ...]
    part_correlation: tuple[Matrix, ...]

    @classmethod
    def of(cls, error: Matrix, variance: Matrix, folds: Sequence[Indices]) -> Calibration:
        """From errors and variances (n, t) of forecasts made without each of `folds`."""
        raw = error / np.sqrt(variance)
        there = np.isfinite(raw)
        scale = np.sqrt(np.where(there, raw**2, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1))
        z = raw / np.maximum(scale, 1e-12)
        weight = np.zeros(len(z))
        for fold in folds:
            weight[fold] = 1 / max(len(fold), 1)
        parts = tuple(np.concatenate(folds[start::CROSS_FITS]) for start in range(CROSS_FITS)
                      if len(folds[start::CROSS_FITS]))  # fmt: skip
        fitted = []
        for part in parts:
            kept = np.ones(len(z), dtype=bool)
            kept[part] = False
            fitted.append(_correlation(z[kept]))
        return cls(z, scale, _correlation(z), weight, parts, tuple(fitted))

    def shift(self, z: Matrix, trait: int, known: Sequence[int]) -> npt.NDArray[np.float64]:
        """What the known traits' z (k, t) say of one trait's z, (k,); gaps say nothing."""
        return _shift(self.correlation, z, trait, known)

    def half_width(self, trait: int, known: Sequence[int], levels: Matrix) -> Matrix:
        """Half widths of intervals on the scale of z, one for each of `levels` (each in 0..1);
        NaN where no errors are known."""
        left = np.abs(self.remainder(trait, known))
        there = np.isfinite(left)
        if not there.any():
            return np.full(len(levels), np.nan)
        order = np.argsort(left[there])
        weight = self.fold_weight[there][order]
        reached = np.cumsum(weight) / weight.sum()
        # The model forecast is one more of its kind: the level is raised by its share.
        wanted = levels * (1 + 1 / there.sum())
        places = np.searchsorted(reached, wanted - 1e-9).clip(max=len(order) - 1)
        return np.asarray(left[there][order][places], dtype=np.float64)

    def remainder(self, trait: int, known: Sequence[int]) -> npt.NDArray[np.float64]:
        """z of one trait after the shift by the known ones, (n,), by correlations of others."""
        shifted = np.zeros(len(self.z))
        for part, correlation in zip(self.parts, self.part_correlation, strict=True):
            shifted[part] = _shift(correlation, self.z[part], trait, known)
        return np.asarray(self.z[:, trait] - shifted, dtype=np.float64)


def _shift(
    correlation: Matrix, z: Matrix, trait: int, known: Sequence[int]
) -> npt.NDArray[np.float64]:
    columns = np.array([other for other in known if other != trait], dtype=np.intp)
    shifted = np.zeros(len(z))
    if not len(columns):
        return shifted
    clipped = np.clip(z[:, columns], -CLIP, CLIP)
    masks, which = np.unique(np.isfinite(clipped), axis=0, return_inverse=True)
    for number, mask in enumerate(masks):
        if mask.any():
            there = columns[mask]
            rule = np.linalg.solve(correlation[np.ix_(there, there)], correlation[there, trait])
            rows = which == number
            shifted[rows] = clipped[np.ix_(rows, mask)] @ rule
    return shifted


def _correlation(z: Matrix) -> Matrix:
    """Correlations of clipped z about 0, drawn towards none, positive definite, (t, t)."""
    clipped = np.clip(z, -CLIP, CLIP)
    there = np.isfinite(clipped)
    filled = np.where(there, clipped, 0.0)
    pairs = there.T.astype(float) @ there
    together = filled.T @ filled / np.maximum(pairs, 1)
    own = np.sqrt(np.maximum(np.diag(together), 1e-12))
    found = together / np.outer(own, own) * (1 - SHRINKAGE)
    np.fill_diagonal(found, 1.0)
    values, vectors = np.linalg.eigh(found)
    found = (vectors * np.maximum(values, SHRINKAGE / 2)) @ vectors.T
    own = np.sqrt(np.diag(found))
    return np.asarray(found / np.outer(own, own), dtype=np.float64)
