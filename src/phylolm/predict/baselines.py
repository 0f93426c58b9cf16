"""What forecasts are measured against: simple rules, other methods, and the published protocol.

Here: functions that forecast every score without its fold, (n, p) from scores (n, p). Next door:
`evaluate` compares them on the same folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from phylolm.predict.gaussian import Indices, Matrix
from phylolm.predict.traits import from_log_odds, log_odds

NEIGHBOURS = (1, 2, 3, 5, 10, 20)
COMPONENTS = 15
EPOCHS = 1000
RATE, DECAY = 1e-3, 0.01

Column = npt.NDArray[np.float64]
Rule = Callable[[Indices, Indices, Column], Column]
"""Forecasts for one fold: (places to forecast, places scored, their scores) -> forecasts."""


def by_fold(scores: Matrix, folds: Sequence[Indices], rule: Rule) -> Matrix:
    """Forecasts by a rule that sees the other folds' scores only; NaN where there is no score."""
    found = np.full(scores.shape, np.nan)
    for fold in folds:
        for column in range(scores.shape[1]):
            there = np.isfinite(scores[:, column])
            wanted = fold[there[fold]]
            rest = np.setdiff1d(np.flatnonzero(there), fold)
            if len(wanted) and len(rest):
                found[wanted, column] = rule(wanted, rest, scores[rest, column])
    return found


def mean_score(scores: Matrix, folds: Sequence[Indices]) -> Matrix:
    """The mean of all other scores."""
    return by_fold(scores, folds, lambda wanted, _, known: np.full(len(wanted), known.mean()))


def family_mean(scores: Matrix, folds: Sequence[Indices], families: Sequence[str]) -> Matrix:
    """The mean of the model's family where other members have scores, else of all."""
    family = np.array(families, dtype=object)

    def rule(wanted: Indices, rest: Indices, known: Column) -> Column:
        found = np.full(len(wanted), known.mean())
        for place, model in enumerate(wanted):
            kin = (family[rest] == family[model]) & (family[model] != "")
            if kin.any():
                found[place] = known[kin].mean()
        return found

    return by_fold(scores, folds, rule)


def nearest_kin(scores: Matrix, folds: Sequence[Indices], distances: Matrix) -> Matrix:
    """The score of the nearest scored model."""
    return by_fold(
        scores, folds, lambda wanted, rest, known: known[distances[np.ix_(wanted, rest)].argmin(1)]
    )


def size_only(scores: Matrix, folds: Sequence[Indices], parameters: Column) -> Matrix:
    """A line in log10 of parameters, on the log-odds scale; the mean where they're unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.log10(parameters)

    def rule(wanted: Indices, rest: Indices, known: Column) -> Column:
        told = np.isfinite(size[rest])
        found = np.full(len(wanted), known.mean())
        if told.sum() < 2 or np.ptp(size[rest][told]) == 0:
            return found
        slope, level = np.polyfit(size[rest][told], log_odds(known[told]), 1)
        sized = np.isfinite(size[wanted])
        found[sized] = from_log_odds(slope * size[wanted][sized] + level)
        return found

    return by_fold(scores, folds, rule)


def nearest_neighbours(scores: Matrix, folds: Sequence[Indices], distances: Matrix) -> Matrix:
    """Mean of the k nearest scored models; k chosen by leaving out the other folds in turn."""
    label = np.empty(len(scores), dtype=np.intp)
    for number, fold in enumerate(folds):
        label[fold] = number
    apart = np.where(label[:, None] == label[None, :], np.inf, distances)

    def rule(wanted: Indices, rest: Indices, known: Column) -> Column:
        inside = _of_nearest(apart[np.ix_(rest, rest)], known)
        loss = ((inside - known[:, None]) ** 2).mean(axis=0)
        return _of_nearest(apart[np.ix_(wanted, rest)], known)[:, int(loss.argmin())]

    return by_fold(scores, folds, rule)


def _of_nearest(distances: Matrix, known: Column) -> Matrix:
    """Means of the k nearest known scores for each k of NEIGHBOURS, (rows, k's)."""
    order = np.argsort(distances, axis=1, kind="stable")[:, : max(NEIGHBOURS)]
    reachable = np.isfinite(np.take_along_axis(distances, order, axis=1))
    sums = np.cumsum(np.where(reachable, known[order], 0.0), axis=1)
    counts = np.maximum(np.cumsum(reachable, axis=1), 1)
    return np.asarray((sums / counts)[:, [min(k, order.shape[1]) - 1 for k in NEIGHBOURS]])


def published_protocol(
    scores: Matrix, folds: Sequence[Indices], distances: Matrix, seed: int = 0
) -> Matrix:
    """The protocol of the published study (Yax, Oudeyer and Palminteri 2025), as it was run.

    Features are -ln(similarity + 1e-10) to the training models, reduced to 15 components by
    FastICA; one linear layer with a sigmoid, mean squared error, 1,000 full-batch steps of Adam at
    1e-3 with weight decay 0.01. Weights start uniform (Glorot), by `seed`; the study set none.
    """
    features = -np.log(np.exp(-np.maximum(distances, 0.0)) + 1e-10)
    rng = np.random.default_rng(seed)
    reduced: dict[tuple[bytes, bytes], tuple[Matrix, Matrix]] = {}

    def rule(wanted: Indices, rest: Indices, known: Column) -> Column:
        same = (wanted.tobytes(), rest.tobytes())  # benchmarks without gaps share their features
        if same not in reduced:
            reduced[same] = _components(features, wanted, rest)
        train, test = reduced[same]
        weights, level = _trained(train, known, rng)
        return from_log_odds(test @ weights + level)

    return by_fold(scores, folds, rule)


def _components(features: Matrix, wanted: Indices, rest: Indices) -> tuple[Matrix, Matrix]:
    import warnings

    from sklearn.decomposition import FastICA

    train, test = features[np.ix_(rest, rest)], features[np.ix_(wanted, rest)]
    ica = FastICA(min(COMPONENTS, len(train) - 1), random_state=42, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the study went on when it did not converge, too
        return ica.fit_transform(train), ica.transform(test)


def _trained(train: Matrix, target: Column, rng: np.random.Generator) -> tuple[Column, float]:
    """Weights and level of sigmoid(train @ weights + level), by Adam (Kingma and Ba 2015)."""
    count = train.shape[1]
    bound = np.sqrt(6 / (count + 1))
    theta = np.append(rng.uniform(-bound, bound, count), 0.0)
    inputs = np.column_stack([train, np.ones(len(train))])
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, EPOCHS + 1):
        guess = from_log_odds(inputs @ theta)
        slope = 2 / len(target) * (guess - target) * guess * (1 - guess)
        gradient = inputs.T @ slope + DECAY * theta
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        unbiased = second / (1 - 0.999**step)
        theta = theta - RATE * first / (1 - 0.9**step) / (np.sqrt(unbiased) + 1e-8)
    return theta[:-1], float(theta[-1])
