"""Gaussian-process forecasts of one trait after another, and what they'd be without some models.

Here: `Fit`, the process fitted to one set of observed models, with the forecasts for folds left
out of it in closed form. Next door: `kinship` makes kernels, `forecast` chooses and calibrates.

A trait y (scores on the log-odds scale, or log10 of parameters) is taken to vary as

    y = m + g + e,   g ~ N(0, s^2 lambda K),   e ~ N(0, s^2 (1 - lambda) I)

with an unknown level m. lambda is Pagel's (1999, Nature 401:877): the share of the variance that
follows the kernel. With C = lambda K + (1 - lambda) I the matrix

    H = C^-1 - C^-1 1 1' C^-1 / (1' C^-1 1)

gives, for any fold f left out, the forecast's error H_ff^-1 (H y)_f and its variance s^2 H_ff^-1
(Dubrule 1983, Mathematical Geology 15:687). Leaving out first f, then g needs only the blocks of
both: H without f is the Schur complement H_rr - H_rf H_ff^-1 H_fr. So a nested leave-out costs
one inversion, not one a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

Matrix = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

LAMBDAS = (0.99, 0.97, 0.9, 0.75, 0.5, 0.25, 0.1)
"""Shares of variance tried; 1 is left out because scores always carry noise of their own."""


@dataclass(frozen=True)
class Spectrum:
    """A kernel over n observed models, taken apart once for all shares of variance."""

    values: npt.NDArray[np.float64]
    vectors: Matrix

    @classmethod
    def of(cls, kernel: Matrix) -> Spectrum:
        values, vectors = np.linalg.eigh(kernel)
        return cls(np.maximum(values, 0.0), vectors)

    def fit(self, share: float, y: Matrix) -> Fit:
        """The process with Pagel's lambda `share`, for traits y of shape (n, t)."""
        weights = 1 / (share * self.values + 1 - share)
        inverse = (self.vectors * weights) @ self.vectors.T
        ones = inverse.sum(axis=0)
        total = float(ones.sum())
        h = inverse - np.outer(ones, ones) / total
        return Fit(share, h, h @ y, ones / total, total, y)


@dataclass(frozen=True)
class Fit:
    """The process fitted to n models and t traits.

    share: Pagel's lambda. h (n, n): see above. errors (n, t): h @ y. mean_weights (n,): weights
    of the level m, summing to 1. precision: 1' C^-1 1, the level's. y (n, t): the traits.
    """

    share: float
    h: Matrix
    errors: Matrix
    mean_weights: npt.NDArray[np.float64]
    precision: float
    y: Matrix

    def left_out(
        self, folds: Sequence[Indices], without: Indices | None = None
    ) -> tuple[Matrix, npt.NDArray[np.float64]]:
        """Errors (n, t) and variances (n,), in units of s^2, of forecasts made without each fold.

        without: models that play no part at all; NaN in the result, as are models in no fold and
        folds without which nothing is left to forecast from.
        """
        error = np.full(self.y.shape, np.nan)
        variance = np.full(len(self.y), np.nan)
        left = len(self.y) - (0 if without is None else len(without))
        folds = [fold for fold in folds if 0 < len(fold) < left]
        if not folds:
            return error, variance
        h_folds, errors = self._blocks(folds, without)
        for fold, block in zip(folds, h_folds, strict=True):
            if len(fold) == 1:
                error[fold], variance[fold] = errors[fold] / block[0, 0], 1 / block[0, 0]
            else:
                inverse = cho_solve(cho_factor(block), np.eye(len(fold)))
                error[fold], variance[fold] = inverse @ errors[fold], np.diag(inverse)
        return error, variance

    def _blocks(
        self, folds: Sequence[Indices], without: Indices | None
    ) -> tuple[list[Matrix], Matrix]:
        """h of each fold, and h @ y, both after leaving out `without`."""
        if without is None or not len(without):
            return [self.h[np.ix_(fold, fold)] for fold in folds], self.errors
        across = self.h[without]
        solved = cho_solve(cho_factor(across[:, without]), across)
        errors = self.errors - solved.T @ self.errors[without]
        blocks = [
            self.h[np.ix_(fold, fold)] - across[:, fold].T @ solved[:, fold] for fold in folds
        ]
        return blocks, errors

    def weights(self, across: Matrix) -> Matrix:
        """Weights of the n observed traits in forecasts for k others, (k, n), rows summing to 1.

        across (k, n): the kernel between those and the observed.
        """
        return np.asarray(self.share * across @ self.h + self.mean_weights, dtype=np.float64)

    def variance(self, across: Matrix, own: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Variance of forecasts for k others in units of s^2, (k,); own (k,): their kernel."""
        spread = self.share * across
        level = (1 - spread @ self.mean_weights * self.precision) ** 2 / self.precision
        inverse = self.h + np.outer(self.mean_weights, self.mean_weights) * self.precision
        explained = np.einsum("kn,nm,km->k", spread, inverse, spread, optimize=True)
        return np.asarray(self.share * own + 1 - self.share - explained + level)
