"""What to benchmark next: against brute force."""

from dataclasses import replace

import numpy as np
import pytest
from score_cases import (
    mean_error,
    one_thread,  # noqa: F401
    permuted,
    simulated,
)

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError
from phylolm.predict.forecast import SCORED_KIN, regimes
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.select import LEVEL_VARIANCE, choose_next
from phylolm.predict.traits import make_traits


def process(study):
    """Covariance of models' own scores with a level of known variance, and the noise."""
    regime = regimes(study, make_traits(study.scores, study.parameters))[SCORED_KIN]
    share = np.mean([LAMBDAS[place] for place in regime.shares[: len(study.benchmarks)]])
    return share * regime.kernel + LEVEL_VARIANCE, 1 - share


def refitted(study, latent, noise, picked):
    """Summed variance of all unscored models' forecasts once `picked` have scores, by refitting:
    a level of known variance and the process, conditioned on who has scores."""
    complete = np.isfinite(study.scores).all(axis=1)
    known, rows = [*np.flatnonzero(complete), *picked], np.flatnonzero(~complete)
    inside = latent[np.ix_(known, known)] + noise * np.eye(len(known))
    cross = latent[np.ix_(known, rows)]
    left = latent[np.ix_(rows, rows)] - cross.T @ np.linalg.solve(inside, cross)
    return np.trace(left) + noise * len(rows)


@pytest.mark.parametrize("seed", range(8))
def test_each_pick_is_the_best_of_all_by_brute_force(seed):
    study, _ = simulated(seed, 0.9, 2, gaps=0.45, families=6)
    values = study.distances.values.copy()
    values[::3] += 3.0  # models of little variance beside others of much
    values[:, ::3] += 3.0
    np.fill_diagonal(values, 0.0)
    study = replace(study, distances=DistanceMatrix(study.distances.names, values))
    names, picked = study.distances.names, []
    unscored = np.flatnonzero(~np.isfinite(study.scores).all(axis=1))
    latent, noise = process(study)
    start = refitted(study, latent, noise, [])
    for pick in choose_next(study, 3):
        free = [row for row in unscored if row not in picked]
        left = {row: refitted(study, latent, noise, [*picked, row]) for row in free}
        best = min(left, key=left.get)
        assert pick.model == names[best]
        assert pick.left == pytest.approx(left[best] / start)
        picked.append(best)


def test_every_pick_lowers_the_variance_and_the_budget_may_exceed_the_models():
    study, _ = simulated(14, 0.9, 2, gaps=0.5)
    picks = choose_next(study, 1000)
    unscored = ~np.isfinite(study.scores).all(axis=1)
    names = np.array(study.distances.names)
    assert sorted(pick.model for pick in picks) == sorted(names[unscored])
    left = np.array([1.0, *[pick.left for pick in picks]])
    assert (np.diff(left) < 0).all() and left[-1] > 0
    assert choose_next(study, 4) == picks[:4] and choose_next(study, 0) == []


def test_asking_the_chosen_tells_more_than_asking_at_random():
    chosen, random = [], []
    for seed in range(6):
        study, truth = simulated(seed, 0.95, 1, families=14)
        rng = np.random.default_rng(seed)
        hidden = rng.choice(56, 40, replace=False)
        scores = study.scores.copy()
        scores[hidden] = np.nan
        asked = [
            study.distances.index(p.model) for p in choose_next(replace(study, scores=scores), 8)
        ]
        others = [rng.choice(hidden, 8, replace=False) for _ in range(3)]
        for rows, errors in [(asked, chosen), *[(each, random) for each in others]]:
            known = scores.copy()
            known[rows] = truth[rows]
            errors.append(mean_error(replace(study, scores=known), truth))
    assert np.mean(chosen) < np.mean(random)


def test_the_order_of_models_changes_no_pick():
    study, _ = simulated(15, 0.9, 2, gaps=0.45, families=6)
    expected = choose_next(study, 5)
    found = choose_next(permuted(study, np.random.default_rng(1).permutation(24)), 5)
    assert [pick.model for pick in found] == [pick.model for pick in expected]
    assert [p.left for p in found] == pytest.approx([p.left for p in expected], abs=1e-9)


def test_nothing_to_choose_from_is_said():
    study, _ = simulated(16)
    with pytest.raises(ConfigError, match="nothing to choose from"):
        choose_next(study, 3)
