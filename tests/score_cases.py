"""Simulated scores for the tests of forecasts, and twins that more than one of them needs."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from phylolm.distance.matrix import DistanceMatrix
from phylolm.predict.calibration import CLIP
from phylolm.predict.forecast import ScoredModels, forecast
from phylolm.predict.kinship import profile_kernel
from phylolm.predict.traits import from_log_odds


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Matrices of tests are small: threads would only wait for each other."""
    with threadpool_limits(1):
        yield


def tree_like(rng, families=12, members=5, apart=(0.6, 2.0)):
    """Path lengths on a tree of clans of three families, and each model's family."""
    n = families * members
    family = np.repeat(np.arange(families), members)
    stem, tip = rng.uniform(*apart, families)[family], rng.uniform(0.05, 0.6, n)
    to_family, to_clan = tip + stem, 0.5
    d = tip[:, None] + tip[None, :]
    d = np.where(family[:, None] != family, to_family[:, None] + to_family[None, :], d)
    d = d + 2 * to_clan * (family[:, None] // 3 != family // 3)
    np.fill_diagonal(d, 0.0)
    names = tuple(f"model-{row:02}" for row in rng.permutation(n))
    return DistanceMatrix(names, d), tuple(f"family {number:02}" for number in family)


def draw(rng, kernel, share, benchmarks=3, correlation=0.0):
    """Traits of the process, (n, benchmarks): unit variance, Pagel's lambda `share`."""
    values, vectors = np.linalg.eigh(kernel)
    root = vectors * np.sqrt(np.maximum(values, 0))
    mixed = np.linalg.cholesky(correlation + (1 - correlation) * np.eye(benchmarks)).T
    g, e = (rng.normal(size=(len(kernel), benchmarks)) @ mixed for _ in range(2))
    return np.sqrt(share) * root @ g + np.sqrt(1 - share) * e


def study_of(distances, groups, scores, parameters=None, declared=None):
    names = tuple(f"benchmark {number}" for number in range(scores.shape[1]))
    unknown = np.full(len(scores), np.nan)
    sizes = unknown if parameters is None else parameters
    return ScoredModels(distances, names, scores, sizes, tuple(groups), declared)


def folds_by(groups):
    return [np.flatnonzero(np.array(groups) == name) for name in sorted(set(groups))]


def krige(kernel, share, y, known, target):
    """Weights, forecast and variance of one target by the textbook system with a Lagrange
    multiplier for the unknown level (ordinary kriging, Cressie 1993, section 3.2)."""
    k = len(known)
    system, right = np.zeros((k + 1, k + 1)), np.ones(k + 1)
    for i, first in enumerate(known):
        for j, second in enumerate(known):
            system[i, j] = share * kernel[first, second] + (1 - share) * (i == j)
        system[i, k] = system[k, i] = 1
        right[i] = share * kernel[first, target]
    solved = np.linalg.solve(system, right)
    own = share * kernel[target, target] + 1 - share
    return solved[:k], solved[:k] @ y[known], own - solved @ right


def twin_left_out(kernel, share, y, folds, without=()):
    """left_out by refitting to what remains, fold by fold, model by model, trait by trait."""
    error, variance = np.full(y.shape, np.nan), np.full(len(y), np.nan)
    for fold in folds:
        known = [row for row in range(len(y)) if row not in fold and row not in without]
        for row in fold:
            for trait in range(y.shape[1]):
                _, forecast, variance[row] = krige(kernel, share, y[:, trait], known, row)
                error[row, trait] = y[row, trait] - forecast
    return error, variance


def simulated(seed, share=0.9, benchmarks=2, correlation=0.0, gaps=0.0, families=10, members=4):
    """A study of the process itself, and the scores without gaps."""
    rng = np.random.default_rng(seed)
    distances, groups = tree_like(rng, families, members)
    kernel = profile_kernel(distances.values)
    scores = from_log_odds(draw(rng, kernel, share, benchmarks, correlation))
    known = np.where(rng.random(scores.shape) < gaps, np.nan, scores)
    return study_of(distances, groups, known), scores


def by_name(forecasts):
    return {(each.model, each.benchmark): each for each in forecasts}


def permuted(study, order):
    return replace(
        study,
        distances=study.distances.select([study.distances.names[row] for row in order]),
        scores=study.scores[order],
        parameters=study.parameters[order],
        groups=tuple(study.groups[row] for row in order),
        declared=None if study.declared is None else study.declared[np.ix_(order, order)],
    )


def twin_shift(correlation, z, trait, known):
    """R_bo R_oo^-1 z_o with what the model has, for one model."""
    there = [other for other in known if other != trait and np.isfinite(z[other])]
    if not there:
        return 0.0
    rule = np.linalg.solve(correlation[np.ix_(there, there)], correlation[there, trait])
    return float(sum(w * min(max(z[k], -CLIP), CLIP) for w, k in zip(rule, there, strict=True)))


def mean_error(study, truth):
    found = [
        abs(each.value - truth[study.distances.index(each.model), 0])
        for each in forecast(study)
        if each.benchmark == study.benchmarks[0]
    ]
    return np.mean(found)
