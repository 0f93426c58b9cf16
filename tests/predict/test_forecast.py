"""Forecasts of missing scores: against plain loops, on simulated truth, from joined tables."""

from dataclasses import replace

import numpy as np
import pytest
from score_cases import (
    by_name,
    draw,
    krige,
    mean_error,
    one_thread,  # noqa: F401
    permuted,
    simulated,
    study_of,
    tree_like,
    twin_left_out,
    twin_shift,
)

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError
from phylolm.predict.forecast import (
    NEW_FAMILY,
    NO_INTERVAL,
    SCORED_KIN,
    forecast,
    join_scores,
    regimes,
)
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.kinship import declared_kernel, kernels_for, profile_kernel
from phylolm.predict.residuals import residuals
from phylolm.predict.scores import ScoreTable
from phylolm.predict.select import choose_next
from phylolm.predict.traits import from_log_odds, log_odds, make_traits


def twin_forecast(study, basis, column, row, level):
    """One forecast: errors by refits without each model, or family; then kriging and loops."""
    traits = make_traits(study.scores, study.parameters)
    regime = regimes(study, traits)[basis]
    label = np.array(study.groups if basis == NEW_FAMILY else study.distances.names)
    folds = [np.flatnonzero(label == name) for name in sorted(set(label))]
    share = [LAMBDAS[place] for place in regime.shares]
    error, variance = np.full(traits.shape, np.nan), np.full(traits.shape, np.nan)
    for trait in range(traits.shape[1]):
        there = np.flatnonzero(np.isfinite(traits[:, trait]))
        cells = regime.kernel[np.ix_(there, there)]
        inside = [np.searchsorted(there, np.intersect1d(fold, there)) for fold in folds]
        e, v = twin_left_out(cells, share[trait], traits[there, trait][:, None], inside)
        error[there, trait], variance[there, trait] = e[:, 0], v
    calibration = regime.calibration
    raw = error / np.sqrt(variance)
    np.testing.assert_allclose(calibration.z, raw / np.sqrt(np.nanmean(raw**2, axis=0)), atol=1e-7)
    weight = [1 / len(fold) for fold in folds for _ in fold]
    np.testing.assert_allclose(calibration.fold_weight[np.concatenate(folds)], weight)
    there = np.flatnonzero(np.isfinite(study.scores[:, column])).tolist()
    weights, centre, spread = krige(regime.kernel, share[column], traits[:, column], there, row)
    told = np.flatnonzero(np.isfinite(traits[row])).tolist()
    unit = np.sqrt(spread) * calibration.scale[column]
    centre += twin_shift(calibration.correlation, calibration.z[row], column, told) * unit
    reach = calibration.half_width(column, told, np.array([level]))[0] * unit
    kin = sorted(zip(weights, there, strict=True), reverse=True)[:3]
    values = [1 / (1 + np.exp(-v)) for v in (centre, centre - reach, centre + reach)]
    return values, [(study.distances.names[place], weight) for weight, place in kin]


def test_forecasts_equal_plain_loops():
    study, _ = simulated(1, correlation=0.7, gaps=0.3, families=6, members=4)
    scores, sizes = study.scores.copy(), np.random.default_rng(1).uniform(1, 100, 24)
    scores[:4, 0] = np.nan
    sizes[[3, 9]] = np.nan
    study = replace(study, scores=scores, parameters=sizes)
    found = forecast(study, level=0.8)
    assert [each.basis for each in found].count(SCORED_KIN) > 6
    assert [each.basis for each in found].count(NEW_FAMILY) >= 4
    assert {known for each in found for known in each.known} == {"size", *study.benchmarks}
    for each in found:
        column, row = study.benchmarks.index(each.benchmark), study.distances.index(each.model)
        values, kin = twin_forecast(study, each.basis, column, row, 0.8)
        assert [each.value, each.low, each.high] == pytest.approx(values, abs=1e-7)
        assert [name for name, _ in each.kin] == [name for name, _ in kin]
        assert [weight for _, weight in each.kin] == pytest.approx([w for _, w in kin], abs=1e-7)
        there = np.isfinite(study.scores[row])
        told = [name for name, yes in zip(study.benchmarks, there, strict=True) if yes]
        told += ["size"] if np.isfinite(sizes[row]) else []
        assert list(each.known) == told


def test_only_what_is_missing_is_forecast_in_the_order_of_the_models():
    study, _ = simulated(2, gaps=0.4)
    found = forecast(study)
    assert [(each.model, each.benchmark) for each in found] == [
        (name, benchmark)
        for row, name in enumerate(study.distances.names)
        for column, benchmark in enumerate(study.benchmarks)
        if np.isnan(study.scores[row, column])
    ]
    assert all(0 < each.low < each.value < each.high < 1 for each in found)
    picked = list(dict.fromkeys(each.model for each in found))[3:1:-1]
    assert forecast(study, picked) == [each for each in found if each.model in picked]
    complete = next(n for n, s in zip(study.distances.names, study.scores, strict=True)
                    if np.isfinite(s).all())  # fmt: skip
    assert forecast(study, [complete]) == []
    with pytest.raises(ConfigError, match="no model 'gpt-7'"):
        forecast(study, ["gpt-7"])


def test_the_basis_is_whether_the_family_has_a_score_on_that_benchmark():
    study, _ = simulated(3)
    scores = study.scores.copy()
    scores[:4] = np.nan  # family 00: nothing
    scores[4:8, 1] = np.nan  # family 01: the first benchmark only
    scores[8] = np.nan  # one of family 02
    bases = {
        key: each.basis for key, each in by_name(forecast(replace(study, scores=scores))).items()
    }
    names, (first, second) = study.distances.names, study.benchmarks
    assert bases[names[0], first] == bases[names[4], second] == NEW_FAMILY
    assert bases[names[8], first] == bases[names[8], second] == SCORED_KIN
    assert list(bases.values()).count(NEW_FAMILY) == 12


def test_intervals_cover_and_forecasts_beat_the_mean_among_kin_and_in_new_families():
    hits, errors, plain = ({SCORED_KIN: [], NEW_FAMILY: []} for _ in range(3))
    for seed in range(60):
        study, truth = simulated(seed, [0.95, 0.6][seed % 2], 2, 0.5, families=12)
        rng, scores = np.random.default_rng(seed), study.scores.copy()
        family = np.array(study.groups)
        scores[np.isin(family, sorted(set(family))[seed % 6 :: 6])] = np.nan
        scores[rng.random(len(scores)) < 0.2] = np.nan
        mean = np.nanmean(scores, axis=0)
        for each in forecast(replace(study, scores=scores)):
            column = study.benchmarks.index(each.benchmark)
            score = truth[study.distances.index(each.model), column]
            hits[each.basis].append(each.low <= score <= each.high)
            errors[each.basis].append(abs(each.value - score))
            plain[each.basis].append(abs(mean[column] - score))
    for basis in (SCORED_KIN, NEW_FAMILY):
        assert len(hits[basis]) > 700
        assert 0.85 < np.mean(hits[basis]) < 0.95
    assert np.mean(errors[SCORED_KIN]) < 0.75 * np.mean(plain[SCORED_KIN])
    assert np.mean(errors[NEW_FAMILY]) < np.mean(plain[NEW_FAMILY])


def test_a_family_effect_widens_intervals_of_new_families_so_that_they_hold():
    wider, hits = {}, []
    for effect in (1.5, 0.0):
        ratios = []
        for seed in range(24):
            study, truth = simulated(seed, 0.1, 1, families=12)
            rng = np.random.default_rng(seed)
            offset = np.repeat(rng.normal(0, effect, 12), 4)[:, None]
            truth = from_log_odds(log_odds(truth) + offset)  # nothing that distances tell
            scores = truth.copy()
            scores[np.isin(np.arange(48) // 4, [seed % 12, (seed + 5) % 12])] = np.nan
            scores[seed % 4 :: 4] = np.nan
            width = {SCORED_KIN: [], NEW_FAMILY: []}
            for each in forecast(replace(study, scores=scores)):
                width[each.basis].append(log_odds(each.high) - log_odds(each.low))
                score = truth[study.distances.index(each.model), 0]
                if effect and each.basis == NEW_FAMILY:
                    hits.append(each.low <= score <= each.high)
            ratios.append(np.mean(width[NEW_FAMILY]) / np.mean(width[SCORED_KIN]))
        wider[effect] = np.mean(ratios)
    assert wider[1.5] > 1.4 and wider[0.0] < 1.15
    assert 0.82 < np.mean(hits) < 0.97


@pytest.mark.parametrize(("correlation", "ratio"), [(0.9, (0.0, 0.7)), (0.0, (0.95, 1.15))])
def test_other_scores_help_where_errors_correlate_and_hurt_little_where_not(correlation, ratio):
    alone, told = [], []
    for seed in range(12):
        study, truth = simulated(seed, 0.8, 3, correlation)
        scores = study.scores.copy()
        scores[seed % 4 :: 4, 0] = np.nan
        told.append(mean_error(replace(study, scores=scores), truth))
        scores[seed % 4 :: 4] = np.nan
        alone.append(mean_error(replace(study, scores=scores), truth))
    assert ratio[0] < np.mean(told) / np.mean(alone) < ratio[1]


@pytest.mark.parametrize(("effect", "ratio"), [(2.0, (0.0, 0.7)), (0.0, (0.95, 1.1))])
def test_size_helps_where_scores_depend_on_it(effect, ratio):
    plain, sized = [], []
    for seed in range(12):
        study, truth = simulated(seed, 0.8, 1)
        size = draw(np.random.default_rng(99 + seed), np.eye(40), 0.0, 1)[:, 0]
        truth = from_log_odds(log_odds(truth) + effect * size[:, None])
        scores = truth.copy()
        scores[seed % 4 :: 4] = np.nan
        study = replace(study, scores=scores)
        plain.append(mean_error(study, truth))
        sized.append(mean_error(replace(study, parameters=10**size), truth))
    assert ratio[0] < np.mean(sized) / np.mean(plain) < ratio[1]


def test_a_far_model_is_flagged_and_others_are_not():
    study, _ = simulated(4)
    values = study.distances.values.copy()
    values[0, 1:] = values[1:, 0] = 9.0
    scores = study.scores.copy()
    scores[[0, 9, 17]] = np.nan
    far = replace(study, distances=DistanceMatrix(study.distances.names, values), scores=scores)
    warnings = {each.model: each.warning for each in forecast(far)}
    names = study.distances.names
    assert warnings.pop(names[0]) == "far from every scored model"
    assert set(warnings) == {names[9], names[17]} and set(warnings.values()) == {""}
    assert {each.warning for each in forecast(replace(study, scores=scores))} == {""}
    scores[0] = [0.5, np.nan]  # a score of its own makes its own distance no other's
    (lonely,) = forecast(replace(far, scores=scores), [names[0]])
    assert lonely.warning == "far from every scored model"


def test_two_families_give_a_forecast_but_no_interval_for_a_third():
    study, _ = simulated(5, families=3)
    scores = study.scores.copy()
    scores[8:] = scores[0] = np.nan
    found = forecast(replace(study, scores=scores))
    assert {each.basis for each in found} == {SCORED_KIN, NEW_FAMILY}
    for each in found:
        assert 0 < each.value < 1
        new = each.basis == NEW_FAMILY
        assert np.isnan(each.low) == np.isnan(each.high) == new
        assert each.warning == (NO_INTERVAL if new else "")


def test_declared_kinship_is_used_where_it_helps():
    relied_on = {"measured": [], "declared": []}
    for seed in range(16):
        rng = np.random.default_rng(seed)
        distances, groups = tree_like(rng, 10, 4)
        wrong = [groups[row] for row in rng.permutation(40)]
        declared = declared_kernel(wrong, [""] * 40, distances.names)
        for truth, kernel in (
            ("measured", profile_kernel(distances.values)),
            ("declared", declared),
        ):
            scores = from_log_odds(draw(rng, kernel, 0.95, 3))
            study = study_of(distances, groups, scores, declared=declared)
            chosen = regimes(study, make_traits(scores, study.parameters))[SCORED_KIN].kernel
            both, measured = kernels_for(distances.values, declared)[::-1]
            assert np.array_equal(chosen, both) or np.array_equal(chosen, measured)
            relied_on[truth].append(np.array_equal(chosen, both))
    assert np.mean(relied_on["measured"]) < 0.3 and np.mean(relied_on["declared"]) > 0.7


def test_the_same_study_gives_the_same_forecasts():
    study, _ = simulated(6, correlation=0.5, gaps=0.3)
    assert forecast(study) == forecast(study)
    assert residuals(study).equals(residuals(study))
    assert choose_next(study, 5) == choose_next(study, 5)


@pytest.mark.parametrize("benchmarks", [1, 3])
def test_the_order_of_models_and_benchmarks_is_irrelevant(benchmarks):
    study, _ = simulated(7, 0.9, benchmarks, 0.6, families=6)
    scores = study.scores.copy()
    scores[3::5] = np.nan  # unscored models: their intervals need no correlations
    scores[:4, 0] = np.nan
    sizes = np.random.default_rng(7).uniform(1, 9, 24)
    study = replace(study, scores=scores, parameters=sizes if benchmarks > 1 else study.parameters)
    expected = by_name(forecast(study))
    turned = replace(study, scores=study.scores[:, ::-1].copy(), benchmarks=study.benchmarks[::-1])
    order = np.random.default_rng(8).permutation(24)
    for other in (turned, permuted(study, order)):
        found = by_name(forecast(other))
        assert found.keys() == expected.keys()
        for key, each in expected.items():
            assert found[key].value == pytest.approx(each.value, abs=1e-9)
            assert (found[key].basis, set(found[key].known)) == (each.basis, set(each.known))
            bounds = [found[key].low, found[key].high]
            assert bounds == pytest.approx([each.low, each.high], abs=1e-9)


def table_of(names, values, families=None, parents=None, parameters=None):
    m = len(names)
    return ScoreTable(
        tuple(names),
        tuple(f"b{column}" for column in range(np.shape(values)[1])),
        np.asarray(values, float),
        np.full(m, np.nan) if parameters is None else np.asarray(parameters, float),
        tuple(families or [""] * m),
        tuple(parents or [""] * m),
    )


def test_join_lays_scores_beside_distances():
    distances, _ = tree_like(np.random.default_rng(9), 4, 2)
    names = distances.names
    scored = [names[5], "elsewhere", *names[:5]]
    values = np.arange(14).reshape(7, 2) / 20
    values[2, 1] = np.nan
    families = ["a", "z", "b", "b", "", "", "c"]
    table = table_of(scored, values, families, ["", "", "", names[0], "", "", ""], range(1, 8))
    study = join_scores(
        distances, table, {names[2]: "clade 1", names[6]: "clade 1", names[0]: "no"}
    )
    assert study.distances is distances and study.benchmarks == ("b0", "b1")
    np.testing.assert_array_equal(study.scores[:6], values[[2, 3, 4, 5, 6, 0]])
    assert np.isnan(study.scores[6:]).all() and study.scored.tolist() == list(range(6))
    np.testing.assert_array_equal(study.parameters, [3, 4, 5, 6, 7, 1, np.nan, np.nan])
    assert study.groups == ("b", "b", "clade 1", names[3], "c", "a", "clade 1", names[7])
    declared = declared_kernel(
        ["b", "b", "", "", "c", "a", "", ""], ["", names[0], *[""] * 6], names
    )
    np.testing.assert_array_equal(study.declared, declared)
    assert len(study.notes) == 1 and "elsewhere" in study.notes[0]
    bare = join_scores(distances, table_of(names, np.random.default_rng(0).random((8, 1))))
    assert bare.declared is None and bare.notes == () and bare.groups == names


def test_scores_that_say_nothing_are_refused():
    distances, _ = tree_like(np.random.default_rng(10), 4, 2)
    names, values = distances.names, np.random.default_rng(0).random((8, 2))
    few = values.copy()
    few[4:, 1] = np.nan
    with pytest.raises(DataError, match="b1 has 4 scores among the 8 measured models, 5 are need"):
        join_scores(distances, table_of(names, few))
    few[4, 1] = 0.3
    assert len(join_scores(distances, table_of(names, few)).scored) == 8
    flat = values.copy()
    flat[:, 0] = 0.25
    with pytest.raises(DataError, match="b0 has the same score for every model"):
        join_scores(distances, table_of(names, flat))
    with pytest.raises(DataError, match="none of the 8 models with scores was measured"):
        join_scores(distances, table_of([f"other {row}" for row in range(8)], values))
