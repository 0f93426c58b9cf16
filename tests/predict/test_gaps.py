"""Scores with awkward gaps, ties and orders: what once crashed or depended on chance."""

from dataclasses import replace

import numpy as np
import pytest
import score_cases as cases

from phylolm.errors import DataError
from phylolm.predict.evaluate import evaluate
from phylolm.predict.forecast import NEW_FAMILY, NO_INTERVAL, forecast
from phylolm.predict.kinship import declared_kernel
from phylolm.predict.residuals import residuals
from phylolm.tree.clades import clades
from phylolm.tree.tree import Tree


def sparse(members):
    """Six families of six; the second benchmark has scores of these many of each family only."""
    study, _ = cases.simulated(1, 0.9, 2, families=6, members=6)
    scores = study.scores.copy()
    keep = np.zeros(36, bool)
    for family, count in members.items():
        keep[6 * family : 6 * family + count] = True
    scores[~keep, 1] = np.nan
    return replace(study, scores=scores)


@pytest.mark.parametrize("members", [{0: 6}, {0: 6, 1: 6}, {0: 5, 1: 1}])
def test_a_benchmark_of_one_or_two_families_is_forecast_without_interval_elsewhere(members):
    found = [each for each in forecast(sparse(members)) if each.basis == NEW_FAMILY]
    assert found
    for each in found:
        assert 0 < each.value < 1 and np.isnan(each.low) and each.warning == NO_INTERVAL


@pytest.mark.parametrize("members", [{0: 6}, {0: 6, 1: 6}, {0: 5, 1: 1}])
def test_a_benchmark_of_one_or_two_families_is_not_evaluated_by_families(members):
    study = sparse(members)
    with pytest.raises(DataError, match=r"benchmark 1 has scores in \d of the groups.*tenth"):
        evaluate(study, study.groups)


def test_sizes_known_in_one_family_break_nothing():
    study, _ = cases.simulated(1, 0.9, 2, gaps=0.3, families=6, members=6)
    sizes = np.full(36, np.nan)
    sizes[:6] = [1, 2, 3, 4, 5, 6]
    sized = replace(study, parameters=sizes)
    assert all(np.isfinite(each.value) for each in forecast(sized))
    assert np.isfinite(evaluate(sized, sized.groups).forecasts["forecast"]).all()


def test_the_order_of_models_changes_no_p_value():
    study, _ = cases.simulated(7, 0.9, 3, 0.6, gaps=0.3)
    other = cases.permuted(study, np.random.default_rng(1).permutation(40))
    one, two = (
        residuals(each).set_index(["model", "benchmark"]).sort_index() for each in (study, other)
    )
    np.testing.assert_allclose(one.p_all, two.p_all, atol=1e-9)


def test_the_order_of_models_changes_no_declared_circle():
    models, parents, order = list("abc"), list("bca"), [2, 0, 1]
    kernel = declared_kernel([""] * 3, parents, models)
    other = declared_kernel([""] * 3, [parents[i] for i in order], [models[i] for i in order])
    np.testing.assert_allclose(other, kernel[np.ix_(order, order)])


def test_the_order_of_branches_changes_no_clade():
    tree = Tree.from_newick("((((a,b),c),(d,e)),((f,g),h));")
    assert clades(tree) == clades(Tree.from_newick("((h,(g,f)),((e,d),(c,(b,a))));"))


def test_scores_of_zero_lie_inside_intervals_that_reach_the_floor():
    study, _ = cases.simulated(1, 0.9, 1, families=10)
    scores = study.scores.copy()
    scores[np.random.default_rng(0).random(40) < 0.8, 0] = 0.0
    found = evaluate(replace(study, scores=scores), study.groups).forecasts
    found = found[found.method == "answers only"]
    assert not ((found.score < found.low) & (found.low <= 0.005)).any()
    assert (found.low == 0).any()
