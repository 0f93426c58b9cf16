"""Forecast errors of every model, each made without its fold, for all shares of variance at once.

Here: `leave_out`, which runs `gaussian` over benchmarks with different gaps, and `choose`.
Next door: `calibration` turns errors into intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phylolm.predict.gaussian import LAMBDAS, Indices, Matrix, Spectrum
from phylolm.predict.traits import from_log_odds

MAX_INNER_FOLDS = 25
"""Families beyond this many are left out in groups when lambda is chosen inside another fold."""


SMALL = 500


@dataclass(frozen=True)
class Errors:
    """Forecast errors without some models, for every share of variance in LAMBDAS.

    error, variance: (shares, n, t); NaN where there is no trait or the model took no part.
    """

    error: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]

    def at(self, shares: Indices) -> tuple[Matrix, Matrix]:
        """Errors and variances (n, t) at one share a trait; shares (t,) are places in LAMBDAS."""
        columns = np.arange(self.error.shape[2])
        return self.error[shares, :, columns].T, self.variance[shares, :, columns].T


def leave_out(
    kernel: Matrix, traits: Matrix, inner: Sequence[Indices], outer: Sequence[Indices | None]
) -> tuple[Errors, list[Errors]]:
    """Errors without each outer fold, and for each outer fold, errors of the rest without each
    inner fold.

    kernel (n, n); traits (n, t) with NaN for gaps; folds are arrays of places among n. An outer
    fold of None leaves nothing out; it takes no part in the first result.
    """
    from threadpoolctl import threadpool_limits

    # Many small matrices: more threads only wait for each other.
    with threadpool_limits(1 if len(traits) < SMALL else None):
        return _leave_out(kernel, traits, inner, outer)


def _leave_out(
    kernel: Matrix, traits: Matrix, inner: Sequence[Indices], outer: Sequence[Indices | None]
) -> tuple[Errors, list[Errors]]:
    shape = (len(LAMBDAS), *traits.shape)
    held = Errors(np.full(shape, np.nan), np.full(shape, np.nan))
    nested = [Errors(np.full(shape, np.nan), np.full(shape, np.nan)) for _ in outer]
    left = [fold for fold in outer if fold is not None]
    for rows, columns in _patterns(traits):
        spectrum = Spectrum.of(kernel[np.ix_(rows, rows)])
        inside, around = _within(inner, rows, len(traits)), _within(outer, rows, len(traits))
        for place, share in enumerate(LAMBDAS):
            fit = spectrum.fit(share, traits[np.ix_(rows, columns)])
            _fill(held, place, rows, columns, fit.left_out(_within(left, rows, len(traits))))
            for errors, fold in zip(nested, around, strict=True):
                kept = inside if fold is None else [np.setdiff1d(f, fold) for f in inside]
                _fill(errors, place, rows, columns, fit.left_out(kept, fold))
    return held, nested


def choose(candidates: Sequence[Errors], traits: Matrix, benchmarks: int) -> tuple[int, Indices]:
    """Which of several kernels' errors to rely on, and the share of variance for each trait.

    The kernel is the one with the least loss, a mean over benchmarks.
    """
    found = [_choose_shares(errors, traits, benchmarks) for errors in candidates]
    best = min(range(len(found)), key=lambda place: found[place][1])
    return best, found[best][0]


def _choose_shares(errors: Errors, traits: Matrix, benchmarks: int) -> tuple[Indices, float]:
    """The share of variance for each trait, as places in LAMBDAS, shape (t,), and the mean loss.

    By squared error of scores, relative to their variance. A benchmark's own loss and the mean
    over all count alike: one benchmark over a few families says little about its own lambda.
    Traits after the first `benchmarks` (facts) take the share that is best over all.
    """
    truth = from_log_odds(traits[:, :benchmarks])
    guess = from_log_odds(traits[:, :benchmarks] - errors.error[:, :, :benchmarks])
    took_part = np.isfinite(errors.error[0, :, :benchmarks])
    loss = np.stack([_loss(truth, one, took_part) for one in guess])
    pooled = loss.mean(axis=1, keepdims=True)
    own = (loss + pooled).argmin(axis=0)
    facts = np.full(traits.shape[1] - benchmarks, int(pooled.argmin()))
    chosen = np.concatenate([own, facts]).astype(np.intp)
    return chosen, float(loss[own, np.arange(benchmarks)].mean())


def merge_folds(folds: Sequence[Indices], most: int = MAX_INNER_FOLDS) -> list[Indices]:
    """At most `most` folds, made by joining the smallest, so that sizes stay even."""
    if len(folds) <= most:
        return list(folds)
    merged: list[list[Indices]] = [[] for _ in range(most)]
    sizes = [0] * most
    for fold in sorted(folds, key=len, reverse=True):
        least = sizes.index(min(sizes))
        merged[least].append(fold)
        sizes[least] += len(fold)
    return [np.sort(np.concatenate(parts)) for parts in merged]


def _loss(truth: Matrix, guess: Matrix, took_part: npt.NDArray[np.bool_]) -> Matrix:
    """Squared error over variance of the scores, (p,); 0 where nothing could be left out."""
    count = np.maximum(took_part.sum(axis=0), 1)
    squared = np.where(took_part, (truth - guess) ** 2, 0.0).sum(axis=0) / count
    mean = np.where(took_part, truth, 0.0).sum(axis=0) / count
    spread = np.where(took_part, (truth - mean) ** 2, 0.0).sum(axis=0) / count
    return np.asarray(squared / np.maximum(spread, 1e-12), dtype=np.float64)


def _patterns(traits: Matrix) -> Iterator[tuple[Indices, Indices]]:
    """Traits observed for the same models, together: (rows, columns)."""
    observed = np.isfinite(traits)
    masks, which = np.unique(observed, axis=1, return_inverse=True)
    for number in range(masks.shape[1]):
        yield np.flatnonzero(masks[:, number]), np.flatnonzero(which == number)


def _within(folds: Sequence[Indices | None], rows: Indices, n: int) -> list[Indices]:
    place = np.full(n, -1, dtype=np.intp)
    place[rows] = np.arange(len(rows))
    found = [np.array([], np.intp) if fold is None else place[fold] for fold in folds]
    return [fold[fold >= 0] for fold in found]


def _fill(
    errors: Errors, place: int, rows: Indices, columns: Indices, found: tuple[Matrix, Matrix]
) -> None:
    error, variance = found
    errors.error[place][np.ix_(rows, columns)] = error
    errors.variance[place][np.ix_(rows, columns)] = variance[:, None]
