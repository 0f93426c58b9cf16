"""Evaluation: each score forecast without its fold, nothing leaking, whatever the order."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from score_cases import (
    draw,
    folds_by,
    krige,
    one_thread,  # noqa: F401
    study_of,
    tree_like,
)

from phylolm.errors import DataError
from phylolm.predict import baselines
from phylolm.predict import evaluate as module
from phylolm.predict.calibration import Calibration
from phylolm.predict.evaluate import (
    LEVELS,
    MAX_OUTER_FOLDS,
    Knowledge,
    evaluate,
    folds_of,
    forecast_left_out,
)
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.kinship import declared_kernel, profile_kernel, similarity_kernel
from phylolm.predict.leaveout import choose, leave_out
from phylolm.predict.traits import from_log_odds, log_odds

ANSWERS_ONLY = (
    "answers only", "answers, declared kin", "kernel ridge", "nearest neighbours", "nearest kin",
    "family mean", "mean", "published protocol",
)  # fmt: skip
WITH_SIZE = ("answers, size", "size only")
WITH_OTHERS = ("answers, other scores", "answers, size, other scores")
BENCHMARKS = ("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K")
NINETY = LEVELS.index(0.9)


@pytest.fixture
def unpublished(monkeypatch):
    """Without the published protocol: it is slow, and starts from random weights that it draws in
    the order of folds and benchmarks."""
    monkeypatch.setattr(module, "MOST_PUBLISHED", 0)


def simulated(seed, share=0.9, benchmarks=3, correlation=0.5, families=6, members=4, apart=None):
    """A study of the process itself with gaps, sizes and declared families."""
    rng = np.random.default_rng(seed)
    distances, groups = tree_like(rng, families, members, apart or (0.6, 2.0))
    kernel = profile_kernel(distances.values)
    scores = from_log_odds(draw(rng, kernel, share, benchmarks, correlation))
    scores[rng.random(scores.shape) < 0.1] = np.nan
    sizes = rng.uniform(1, 70, len(scores))
    sizes[rng.random(len(scores)) < 0.1] = np.nan
    declared = declared_kernel(groups, [""] * len(groups), distances.names)
    return study_of(distances, groups, scores, sizes, declared)


def complete(seed, share, benchmarks=3, correlation=0.0, apart=(0.6, 2.0)):
    """Kernel, scores without gaps and families: 12 of 5."""
    rng = np.random.default_rng(seed)
    distances, groups = tree_like(rng, 12, 5, apart)
    kernel = profile_kernel(distances.values)
    return kernel, from_log_odds(draw(rng, kernel, share, benchmarks, correlation)), groups


def left_out(kernel, scores, folds, *knowledge, sizes=None):
    unknown = np.full(len(scores), np.nan) if sizes is None else sizes
    return forecast_left_out([kernel], scores, unknown, folds, knowledge or (Knowledge(),))


def cells(evaluation):
    """Forecast and interval of every method, model and benchmark."""
    keys = ["method", "model", "benchmark"]
    return evaluation.forecasts.set_index(keys)[["forecast", "low", "high"]].sort_index()


# Forecasts of what is known, without it


def twin_left_out(kernels, scores, fold, rest, level):
    """One fold by forgetting its scores first, then choosing and calibrating on what remains."""
    forgotten = scores.copy()
    forgotten[fold] = np.nan
    traits = log_odds(forgotten)
    runs = [leave_out(kernel, traits, rest, [None])[1][0] for kernel in kernels]
    best, shares = choose(runs, traits, scores.shape[1])
    calibration = Calibration.of(*runs[best].at(shares), rest)
    values, low, high = (np.full(scores.shape, np.nan) for _ in range(3))
    for trait in range(scores.shape[1]):
        known = np.flatnonzero(np.isfinite(traits[:, trait])).tolist()
        reach = calibration.half_width(trait, [], np.array([level]))[0]
        for row in fold[np.isfinite(scores[fold, trait])]:
            share = LAMBDAS[shares[trait]]
            _, centre, variance = krige(kernels[best], share, traits[:, trait], known, row)
            unit = calibration.scale[trait] * np.sqrt(variance)
            values[row, trait] = 1 / (1 + np.exp(-centre))
            low[row, trait] = 1 / (1 + np.exp(-centre + reach * unit))
            high[row, trait] = 1 / (1 + np.exp(-centre - reach * unit))
    return values, low, high, shares


def test_left_out_forecasts_equal_forgetting_the_fold_first():
    study = simulated(1)
    kernels = [profile_kernel(study.distances.values), similarity_kernel(study.distances.values)]
    folds = folds_by(study.groups)
    unknown = np.full(24, np.nan)
    found = forecast_left_out(kernels, study.scores, unknown, folds)[0]
    for number, fold in enumerate(folds):
        rest = [other for place, other in enumerate(folds) if place != number]
        *twin, shares = twin_left_out(kernels, study.scores, fold, rest, 0.9)
        assert found.shares[number] == pytest.approx([LAMBDAS[place] for place in shares])
        for one, other in zip((found.values, found.low[NINETY], found.high[NINETY]), twin,
                              strict=True):  # fmt: skip
            np.testing.assert_allclose(one[fold], other[fold], atol=1e-8)
    assert (np.isnan(found.values) == np.isnan(study.scores)).all()


@pytest.mark.parametrize("left", ["family", "single"])
def test_intervals_cover_at_every_level_and_forecasts_beat_the_mean(left):
    hits, errors, plain = [], [], []
    for seed in range(10 if left == "family" else 3):
        kernel, scores, groups = complete(seed, [0.95, 0.6][seed % 2], apart=(0.05, 0.4))
        folds = folds_by(groups if left == "family" else [f"{row:02}" for row in range(60)])
        if left == "single":
            folds = [np.array([row]) for row in range(0, 60, 2)] + [np.arange(1, 60, 2)]
        found = left_out(kernel, scores, folds)[0]
        counted = np.concatenate(folds[:-1])
        inside = (found.low <= scores) & (scores <= found.high)
        hits.append(inside[:, counted].mean(axis=(1, 2)))
        errors.append(np.abs(found.values - scores)[counted].mean())
        plain.append(np.abs(baselines.mean_score(scores, folds) - scores)[counted].mean())
    covered = np.mean(hits, axis=0)
    assert 0.85 < covered[NINETY] < 0.95
    assert covered == pytest.approx(LEVELS, abs=0.05) and (np.diff(covered) > 0).all()
    assert np.mean(errors) < 0.8 * np.mean(plain)


def test_other_scores_help_where_errors_correlate_and_hurt_little_where_not():
    ratio, narrower = {}, {}
    for correlation in (0.9, 0.0):
        errors, widths = [], []
        for seed in range(4):
            kernel, scores, groups = complete(seed, 0.8, 3, correlation)
            asked = Knowledge(), Knowledge(other_scores=True)
            both = left_out(kernel, scores, folds_by(groups), *asked)
            errors.append([np.abs(each.values - scores).mean() for each in both])
            widths.append([(each.high - each.low)[NINETY].mean() for each in both])
        alone, told = np.mean(errors, axis=0)
        ratio[correlation] = told / alone
        narrower[correlation] = np.mean(widths, axis=0)[1] / np.mean(widths, axis=0)[0]
    assert ratio[0.9] < 0.6 and narrower[0.9] < 0.6
    assert 0.95 < ratio[0.0] < 1.1 and 0.9 < narrower[0.0] < 1.1


def test_size_helps_where_scores_depend_on_it():
    ratio = {}
    for effect in (1.5, 0.0):
        errors = []
        for seed in range(4):
            kernel, scores, groups = complete(seed, 0.8, 2)
            size = np.random.default_rng(50 + seed).normal(0, 1, 60)
            scores = from_log_odds(log_odds(scores) + effect * size[:, None])
            asked = Knowledge(), Knowledge(parameters=True)
            both = left_out(kernel, scores, folds_by(groups), *asked, sizes=10**size)
            errors.append([np.abs(each.values - scores).mean() for each in both])
        alone, told = np.mean(errors, axis=0)
        ratio[effect] = told / alone
    assert ratio[1.5] < 0.7 and 0.95 < ratio[0.0] < 1.1


# Nothing leaks


def changed(study, rows, columns, seed=0):
    """Other scores in some cells; gaps stay."""
    scores = study.scores.copy()
    area = np.ix_(rows, columns)
    drawn = np.random.default_rng(seed).uniform(0.02, 0.98, scores[area].shape)
    scores[area] = np.where(np.isnan(scores[area]), np.nan, drawn)
    return replace(study, scores=scores)


def test_a_fold_s_scores_change_no_forecast_of_its_own_by_any_method():
    study = simulated(2)
    before = cells(evaluate(study, study.groups))
    assert set(before.index.get_level_values(0)) == {*ANSWERS_ONLY, *WITH_SIZE, *WITH_OTHERS}
    fold = folds_by(study.groups)[3]
    after = cells(evaluate(changed(study, fold, range(3)), study.groups))
    own = [study.distances.names[row] for row in fold]
    inside = before.index.get_level_values("model").isin(own)
    assert not before[inside].empty
    for method in (*ANSWERS_ONLY, *WITH_SIZE):
        this = before.index.get_level_values("method") == method
        np.testing.assert_allclose(after[this & inside], before[this & inside], atol=1e-8)
        others = np.abs(after[this & ~inside]["forecast"] - before[this & ~inside]["forecast"])
        assert (others > 1e-4).any(), f"{method} looks at no scores at all"
    for method in WITH_OTHERS:
        this = before.index.get_level_values("method") == method
        moved = np.abs(after[this & inside]["forecast"] - before[this & inside]["forecast"])
        assert (moved > 1e-3).any()


@pytest.mark.parametrize("column", [0, 2])
def test_a_fold_s_scores_on_a_benchmark_change_no_forecast_of_it(column):
    study = simulated(3)
    fold = folds_by(study.groups)[2]
    runs = [
        forecast_left_out(
            [profile_kernel(study.distances.values), np.eye(24)],
            each.scores,
            study.parameters,
            folds_by(study.groups),
            [Knowledge(other_scores=True), Knowledge(True, True)],
        )
        for each in (study, changed(study, fold, [column]))
    ]
    others = [other for other in range(3) if other != column]
    for before, after in zip(*runs, strict=True):
        for one, other in ((before.values, after.values), (before.low, after.low),
                           (before.high, after.high)):  # fmt: skip
            area = (..., fold, column)
            np.testing.assert_allclose(one[area], other[area], atol=1e-8)
        moved = np.abs(before.values - after.values)[fold][:, others]
        assert np.nanmax(moved) > 1e-3
        np.testing.assert_array_equal(before.shares[2], after.shares[2])


def test_a_fold_s_sizes_reach_only_forecasts_that_may_know_them(unpublished):
    study = simulated(4)
    fold = folds_by(study.groups)[0]
    sizes = study.parameters.copy()
    sizes[fold] = 1 + 60 * np.random.default_rng(4).random(4)
    before, after = (cells(evaluate(each, study.groups))
                     for each in (study, replace(study, parameters=sizes)))  # fmt: skip
    method = before.index.get_level_values("method")
    own = before.index.get_level_values("model").isin([study.distances.names[r] for r in fold])
    for name in (*ANSWERS_ONLY[:-1], "answers, other scores"):
        np.testing.assert_allclose(after[method == name], before[method == name], atol=1e-8)
    for name in WITH_SIZE:
        pair = [each[(method == name) & own]["forecast"] for each in (before, after)]
        assert np.abs(pair[0] - pair[1]).max() > 1e-3


# The same whatever the order


def test_the_same_study_gives_the_same_evaluation(unpublished):
    study = simulated(5)
    one, other = (evaluate(study, study.groups) for _ in range(2))
    pd.testing.assert_frame_equal(one.forecasts, other.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(one.coverage, other.coverage, check_exact=True)


def test_the_order_of_models_and_benchmarks_is_irrelevant(unpublished):
    study = simulated(6)
    expected = cells(evaluate(study, study.groups))
    order = np.random.default_rng(6).permutation(24)
    names = [study.distances.names[row] for row in order]
    groups = tuple(study.groups[row] for row in order)
    shuffled = replace(
        study,
        distances=study.distances.select(names),
        scores=study.scores[order],
        parameters=study.parameters[order],
        groups=groups,
        declared=study.declared[np.ix_(order, order)],
    )
    turned = replace(study, scores=study.scores[:, ::-1], benchmarks=study.benchmarks[::-1])
    for other, labels in ((shuffled, groups), (turned, study.groups)):
        found = cells(evaluate(other, labels))
        pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=0, atol=1e-9)


# What it adds up to


def twin_measures(score, guess, low, high):
    n = len(score)
    mean = sum(score) / n, sum(guess) / n

    def correlation(x, y):
        mx, my = sum(x) / n, sum(y) / n
        top = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
        return top / (sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)) ** 0.5

    ranks = [[sorted(v).index(a) for a in v] for v in (list(score), list(guess))]
    pairs = list(zip(score, guess, strict=True))
    inside = [lo <= s <= hi for s, lo, hi in zip(score, low, high, strict=True)]
    return {
        "n": n,
        "pearson": correlation(score, guess),
        "spearman": correlation(*ranks),
        "r2": 1 - sum((s - g) ** 2 for s, g in pairs) / sum((s - mean[0]) ** 2 for s in score),
        "mae": sum(abs(s - g) for s, g in pairs) / n,
        "coverage": sum(inside) / n,
        "width": sum(high - low) / n,
    }


def test_summaries_equal_plain_loops(unpublished):
    study = simulated(7)
    found = evaluate(study, study.groups)
    summary = found.summary().set_index(["method", "benchmark"])
    method = "answers, other scores"
    rows = found.forecasts[found.forecasts["method"] == method]
    twins = []
    for benchmark, group in rows.groupby("benchmark"):
        column = study.benchmarks.index(benchmark)
        known = np.flatnonzero(np.isfinite(study.scores[:, column]))
        assert group["model"].tolist() == [study.distances.names[row] for row in known]
        assert group["fold"].tolist() == [study.groups[row] for row in known]
        assert group["score"].tolist() == study.scores[known, column].tolist()
        columns = ("score", "forecast", "low", "high")
        twins.append(twin_measures(*(group[name].to_numpy() for name in columns)))
        assert summary.loc[(method, benchmark)].to_dict() == pytest.approx(twins[-1])
        at_ninety = found.coverage.set_index(["method", "benchmark", "level"])["coverage"]
        assert at_ninety[(method, benchmark, 0.9)] == pytest.approx(twins[-1]["coverage"])
    for name in ("pearson", "spearman", "r2", "mae", "coverage", "width"):
        expected = np.mean([twin[name] for twin in twins])
        assert summary.loc[(method, "mean"), name] == pytest.approx(expected)
    assert summary.loc[(method, "mean"), "n"] == np.isfinite(study.scores).sum()
    assert np.isnan(summary.loc[("mean", "mean"), "coverage"])
    assert list(dict.fromkeys(found.coverage["level"])) == list(LEVELS)


def test_inside_folds_correlations_are_signed_and_bias_is_told(unpublished):
    study = simulated(8)
    found = evaluate(study, study.groups)
    within = found.within().set_index(["method", "benchmark", "fold"])
    rows = found.forecasts
    for key, group in rows[rows["method"] == "nearest kin"].groupby(
        ["method", "benchmark", "fold"]
    ):
        errors = group["forecast"] - group["score"]
        row = within.loc[key]
        assert row["n"] == len(group)
        assert row["bias"] == pytest.approx(errors.mean())
        assert row["mae"] == pytest.approx(errors.abs().mean())
        if len(group) < 3 or group["forecast"].nunique() == 1:
            assert np.isnan(row["pearson"])
        else:
            assert row["pearson"] == pytest.approx(group["score"].corr(group["forecast"]))
    assert within["pearson"].min() < 0 < within["pearson"].max()


def test_methods_are_those_that_the_study_allows(monkeypatch):
    study = simulated(9)
    bare = replace(study, declared=None, parameters=np.full(24, np.nan))
    several = set(evaluate(bare, study.groups).forecasts["method"])
    no_size = {*ANSWERS_ONLY, "answers, other scores"} - {"answers, declared kin"}
    assert several == no_size
    one = replace(bare, scores=study.scores[:, :1], benchmarks=study.benchmarks[:1])
    assert set(evaluate(one, study.groups).forecasts["method"]) == no_size - {*WITH_OTHERS}
    monkeypatch.setattr(module, "MOST_PUBLISHED", len(one.scored) - 1)
    slow = set(evaluate(one, study.groups).forecasts["method"])
    assert slow == no_size - {*WITH_OTHERS, "published protocol"}


def test_models_without_scores_are_not_counted_but_shape_the_kernel(unpublished):
    study = simulated(10)
    scores = study.scores.copy()
    scores[5] = np.nan
    bare = replace(study, scores=scores)
    found = evaluate(bare, study.groups).forecasts
    assert study.distances.names[5] not in set(found["model"])
    rows = bare.scored
    kernel = profile_kernel(study.distances.values)[np.ix_(rows, rows)]
    folds = folds_of([study.groups[row] for row in rows])
    expected = left_out(kernel, scores[rows], folds)[0].values
    only = found[found["method"] == "answers only"]["forecast"]
    assert only.to_numpy() == pytest.approx(expected[np.isfinite(expected)], abs=1e-9)


def test_folds_are_families_and_many_are_left_out_in_groups(unpublished, monkeypatch):
    folds = folds_of(["b", "a", "b", "c"])
    assert [fold.tolist() for fold in folds] == [[1], [0, 2], [3]]
    many = folds_of([f"{row:03}" for row in range(120)])
    assert len(many) == MAX_OUTER_FOLDS
    assert sorted(np.concatenate(many).tolist()) == list(range(120))
    study = simulated(11)
    monkeypatch.setattr(module, "MAX_OUTER_FOLDS", 4)
    found = evaluate(study, study.groups)
    assert found.notes == ("6 groups were left out in 4 parts",)
    assert len(set(found.forecasts["fold"])) == 6


def test_one_family_can_not_be_left_out():
    study = simulated(12)
    with pytest.raises(DataError, match=r"all scored models are of one family \(llama\)"):
        evaluate(study, ["llama"] * 24)
    scores = study.scores.copy()
    scores[4:] = np.nan
    with pytest.raises(DataError, match="leave out clades"):
        evaluate(replace(study, scores=scores), study.groups)
