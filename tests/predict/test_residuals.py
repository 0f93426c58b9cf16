"""Scores far above what kin predict: calibrated, and found."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from score_cases import (
    krige,
    one_thread,  # noqa: F401
    simulated,
)

from phylolm.predict.forecast import SCORED_KIN, regimes
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.residuals import residuals
from phylolm.predict.traits import from_log_odds, log_odds, make_traits


def test_p_values_are_uniform_where_kin_tell_all_there_is():
    tables = [residuals(simulated(seed, 0.8, 3, 0.6, 0.1)[0]) for seed in range(12)]
    for column in ("p_kin", "p_all"):
        values = np.concatenate([table[column] for table in tables])
        assert len(values) > 1200
        assert stats.kstest(values, "uniform").pvalue > 0.05
    assert np.mean([table["q_value"].min() < 0.1 for table in tables]) < 0.25


def test_a_planted_score_comes_first():
    first, found = [], []
    for seed in range(8):
        study, _ = simulated(seed, 0.8, 3, 0.6, families=15)
        scores, row = study.scores.copy(), 7 * seed
        scores[row, 1] = from_log_odds(log_odds(scores[row, 1]) + 4.5)
        table = residuals(replace(study, scores=scores))
        first.append((table["model"][0], table["benchmark"][0]) == (
            study.distances.names[row], study.benchmarks[1]))  # fmt: skip
        found.append(table["q_value"][0] < 0.1)
        lowered = scores.copy()
        lowered[row, 1] = from_log_odds(log_odds(study.scores[row, 1]) - 4.5)
        below = residuals(replace(study, scores=lowered)).set_index(["model", "benchmark"])
        assert below.loc[(study.distances.names[row], study.benchmarks[1]), "p_kin"] > 0.9
    assert all(first) and all(found)


def test_residuals_rest_on_all_other_models():
    study, _ = simulated(11, 0.9, 1, gaps=0.2, families=6)
    table = residuals(study).set_index("model")
    assert len(table) == np.isfinite(study.scores).sum()
    traits = make_traits(study.scores, study.parameters)
    regime = regimes(study, traits)[SCORED_KIN]
    there = np.flatnonzero(np.isfinite(traits[:, 0])).tolist()
    for row in there:
        rest = [other for other in there if other != row]
        share = LAMBDAS[regime.shares[0]]
        _, expected, _ = krige(regime.kernel, share, traits[:, 0], rest, row)
        name = study.distances.names[row]
        assert table.loc[name, "expected"] == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-9)
        assert table.loc[name, "score"] == study.scores[row, 0]
    ranked = table.sort_values("p_kin")
    high = ranked.index[0]
    assert ranked.loc[high, "score"] > ranked.loc[high, "expected"]


def test_p_all_asks_what_the_other_scores_leave_unexplained():
    study, _ = simulated(17, 0.8, 3, 0.8, families=12)
    scores = study.scores.copy()
    scores[5] = from_log_odds(log_odds(scores[5]) + 1.5)  # better at all: one surprise, not three
    study = replace(study, scores=scores)
    table = residuals(study)
    own = table[table["model"] == study.distances.names[5]]
    assert own["p_kin"].max() < 0.2 and own["p_all"].median() > 2 * own["p_kin"].median()
    regime = regimes(study, make_traits(scores, study.parameters))[SCORED_KIN]
    for column, benchmark in enumerate(study.benchmarks):
        left = regime.calibration.remainder(column, [b for b in range(3) if b != column])
        p_all = table[table["benchmark"] == benchmark].set_index("model")["p_all"]
        order = [study.distances.names[row] for row in np.argsort(-left)]
        assert p_all.loc[order].is_monotonic_increasing


def test_q_values_correct_for_two_tests_of_every_score():
    table = residuals(simulated(12, 0.8, 3, 0.6)[0])
    p = np.minimum(2 * np.minimum(table["p_kin"], table["p_all"]), 1).to_numpy()
    order = np.argsort(p)
    expected, smallest = np.zeros(len(p)), 1.0
    for rank in range(len(p), 0, -1):
        smallest = min(smallest, p[order[rank - 1]] * len(p) / rank)
        expected[order[rank - 1]] = smallest
    np.testing.assert_allclose(table["q_value"], expected)
    assert table["q_value"].is_monotonic_increasing
    alone = residuals(simulated(13, 0.8, 1)[0])
    np.testing.assert_allclose(alone["p_kin"], alone["p_all"])
