"""Which models to benchmark next: those whose scores would tell most about the others'.

Here: `choose_next`. Next door: `forecast` uses what was learned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phylolm.errors import ConfigError
from phylolm.predict.forecast import SCORED_KIN, ScoredModels, regimes
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.traits import make_traits

LEVEL_VARIANCE = 1.0
"""Variance of the unknown level all models share, in units of the process' own."""


@dataclass(frozen=True)
class Pick:
    """One model worth benchmarking. left: variance of unscored models' forecasts that remains
    after this pick and those before it, as a share of what there was."""

    model: str
    left: float


def choose_next(study: ScoredModels, budget: int) -> list[Pick]:
    """At most `budget` unscored models, each the one that lowers the mean variance of forecasts
    for unscored models most, given those picked before (greedy; Seo et al. 2000, ALC).

    Raises ConfigError when every model has all scores.
    """
    unscored = np.flatnonzero(~np.isfinite(study.scores).all(axis=1))
    if not len(unscored):
        raise ConfigError("every measured model has all its scores: nothing to choose from")
    regime = regimes(study, make_traits(study.scores, study.parameters))[SCORED_KIN]
    share = float(np.mean([LAMBDAS[s] for s in regime.shares[: len(study.benchmarks)]]))
    covariance = share * regime.kernel + LEVEL_VARIANCE
    noise = 1 - share
    scored = np.flatnonzero(np.isfinite(study.scores).all(axis=1))
    if len(scored):
        known = covariance[np.ix_(scored, scored)] + noise * np.eye(len(scored))
        across = covariance[scored]
        covariance = covariance - across.T @ np.linalg.solve(known, across)
    start = float(np.diag(covariance)[unscored].sum()) + noise * len(unscored)
    picks: list[Pick] = []
    free = list(unscored)
    while free and len(picks) < budget:
        gain = (covariance[np.ix_(unscored, free)] ** 2).sum(axis=0)
        gain /= np.diag(covariance)[free] + noise
        best = free[int(gain.argmax())]
        column = covariance[:, best]
        covariance = covariance - np.outer(column, column) / (column[best] + noise)
        free.remove(best)
        left = float(np.diag(covariance)[unscored].sum()) + noise * len(unscored)
        picks.append(Pick(study.distances.names[best], left / start))
    return picks
