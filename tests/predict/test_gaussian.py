"""The process and its kernels: forecasts without a fold, against refits by the textbook."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_cases import (
    draw,
    folds_by,
    krige,
    one_thread,  # noqa: F401
    tree_like,
    twin_left_out,
)

from phylolm.predict.gaussian import LAMBDAS, Spectrum
from phylolm.predict.kinship import (
    DECLARED_WEIGHT,
    STEP,
    declared_kernel,
    kernels_for,
    profile_kernel,
    similarity_kernel,
)
from phylolm.predict.leaveout import choose, leave_out, merge_folds
from phylolm.predict.traits import LEAST, MOST, from_log_odds, log_odds, make_traits

# The process


UNEVEN = [np.array(fold) for fold in ([0], [9, 1, 2, 3], [4, 5], [6], [8, 7])]


@pytest.mark.parametrize("share", [0.99, 0.5, 0.1])
def test_what_is_left_out_equals_a_refit_without_it(share):
    rng = np.random.default_rng(1)
    kernel = profile_kernel(tree_like(rng, 4, 3)[0].values)
    y = rng.normal(3, 2, (12, 2))
    found = Spectrum.of(kernel).fit(share, y).left_out(UNEVEN)
    for one, other in zip(found, twin_left_out(kernel, share, y, UNEVEN), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
    assert np.isnan(found[0][10:]).all() and np.isnan(found[1][10:]).all()


@pytest.mark.parametrize("without", [[2], [10, 0, 11], [4, 5, 3]])
def test_leaving_out_twice_equals_a_refit_on_the_rest(without):
    rng = np.random.default_rng(2)
    kernel = profile_kernel(tree_like(rng, 4, 3)[0].values)
    y = rng.normal(0, 1, (12, 3))
    folds = [np.array([row for row in fold if row not in without], int) for fold in UNEVEN]
    fit = Spectrum.of(kernel).fit(0.9, y)
    error, variance = fit.left_out(folds, np.array(without))
    twin = twin_left_out(kernel, 0.9, y, folds, without)
    np.testing.assert_allclose(error, twin[0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(variance, twin[1], rtol=1e-7)
    assert np.isnan(error[without]).all() and np.isnan(variance[without]).all()

    rest = np.setdiff1d(np.arange(12), without)
    smaller = [np.searchsorted(rest, fold) for fold in folds]
    reduced = Spectrum.of(kernel[np.ix_(rest, rest)]).fit(0.9, y[rest])
    np.testing.assert_allclose(error[rest], reduced.left_out(smaller)[0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(variance[rest], reduced.left_out(smaller)[1], rtol=1e-7)


def test_leaving_out_nobody_twice_is_leaving_out_once():
    rng = np.random.default_rng(3)
    kernel = profile_kernel(tree_like(rng, 4, 3)[0].values)
    fit = Spectrum.of(kernel).fit(0.5, rng.normal(0, 1, (12, 2)))
    plain = fit.left_out(UNEVEN)
    for nobody in (None, np.array([], int)):
        for one, other in zip(fit.left_out(UNEVEN, nobody), plain, strict=True):
            np.testing.assert_array_equal(one, other)


def test_weights_and_variance_of_forecasts_for_others_equal_kriging():
    rng = np.random.default_rng(4)
    kernel = profile_kernel(tree_like(rng, 4, 4)[0].values)
    y = rng.normal(1, 1, 16)
    known, others = list(range(11)), list(range(11, 16))
    across = kernel[np.ix_(others, known)]
    for share in (0.97, 0.25):
        fit = Spectrum.of(kernel[np.ix_(known, known)]).fit(share, y[known][:, None])
        weights = fit.weights(across)
        variance = fit.variance(across, np.diag(kernel)[others])
        assert weights.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-12)
        for place, target in enumerate(others):
            twin, forecast, spread = krige(kernel, share, y, known, target)
            assert weights[place] == pytest.approx(twin, abs=1e-10)
            assert weights[place] @ y[known] == pytest.approx(forecast)
            assert variance[place] == pytest.approx(spread)


def test_a_forecast_without_kin_is_the_level_and_a_copy_counts_most():
    kernel = np.eye(5)
    kernel[3, 4] = kernel[4, 3] = 1.0
    fit = Spectrum.of(kernel[:4, :4]).fit(0.9, np.array([[1.0], [2.0], [3.0], [6.0]]))
    weights = fit.weights(np.array([np.zeros(4), kernel[4, :4]]))
    assert weights[0] == pytest.approx([0.25] * 4)
    assert weights[1, 3] > 0.9
    variance = fit.variance(np.array([np.zeros(4), kernel[4, :4]]), np.ones(2))
    assert variance[0] == pytest.approx(1.25) and variance[1] < 0.25


# Leaving out folds where benchmarks have different gaps


def gappy(rng, n=15, traits=4):
    """Traits with gaps of their own; the last two share theirs."""
    y = rng.normal(0, 1, (n, traits))
    y[rng.random((n, traits)) < 0.25] = np.nan
    y[:, -1] = np.where(np.isnan(y[:, -2]), np.nan, y[:, -1])
    y[np.isnan(y[:, -1]), -2] = np.nan
    return y


def test_leave_out_equals_a_refit_of_each_benchmark_on_its_own_models():
    rng = np.random.default_rng(5)
    distances, groups = tree_like(rng, 5, 3)
    kernel, folds, y = profile_kernel(distances.values), folds_by(groups), gappy(rng)
    held, nested = leave_out(kernel, y, folds, [*folds, None])
    for place in (0, 3, 6):
        for trait in range(y.shape[1]):
            there = np.flatnonzero(np.isfinite(y[:, trait]))
            for outer, errors in [(None, held), *zip([*folds, ()], nested, strict=True)]:
                kept = [np.intersect1d(fold, there) for fold in folds]
                kept = [np.setdiff1d(fold, outer if outer is not None else ()) for fold in kept]
                gone = [*np.setdiff1d(np.arange(15), there), *(() if outer is None else outer)]
                error, variance = twin_left_out(kernel, LAMBDAS[place], y[:, [trait]], kept, gone)
                found = errors.error[place][:, trait], errors.variance[place][:, trait]
                np.testing.assert_allclose(found[0], error[:, 0], rtol=1e-6, atol=1e-8)
                np.testing.assert_allclose(found[1], variance, rtol=1e-6)


def test_folds_left_out_inside_may_cut_across_those_left_out_outside():
    rng = np.random.default_rng(6)
    kernel, y = profile_kernel(tree_like(rng, 4, 3)[0].values), rng.normal(0, 1, (12, 1))
    inner = [np.array([0, 3, 6, 9]), np.array([1, 4, 7, 10]), np.array([2, 5, 8, 11])]
    outer = np.array([0, 1, 2, 3])
    _, nested = leave_out(kernel, y, inner, [outer])
    rest = [np.setdiff1d(fold, outer) for fold in inner]
    error, _ = twin_left_out(kernel, LAMBDAS[2], y, rest, list(outer))
    np.testing.assert_allclose(nested[0].error[2], error, rtol=1e-7, atol=1e-9)


def test_errors_at_one_share_a_trait():
    rng = np.random.default_rng(7)
    kernel, y = profile_kernel(tree_like(rng, 4, 3)[0].values), rng.normal(0, 1, (12, 3))
    held, _ = leave_out(kernel, y, UNEVEN, UNEVEN)
    error, variance = held.at(np.array([4, 0, 2]))
    for trait, place in enumerate((4, 0, 2)):
        np.testing.assert_array_equal(error[:, trait], held.error[place, :, trait])
        np.testing.assert_array_equal(variance[:, trait], held.variance[place, :, trait])


def twin_choice(errors, traits, benchmarks):
    """The share of each benchmark by loops: its own loss and the mean of all count alike."""
    loss = np.zeros((len(LAMBDAS), benchmarks))
    for place in range(len(LAMBDAS)):
        for trait in range(benchmarks):
            pairs = [
                (1 / (1 + np.exp(-y)), 1 / (1 + np.exp(e - y)))
                for y, e in zip(traits[:, trait], errors.error[place, :, trait], strict=True)
                if np.isfinite(e)
            ]
            truth = np.array([pair[0] for pair in pairs])
            squares = [(score - guess) ** 2 for score, guess in pairs]
            loss[place, trait] = np.mean(squares) / np.mean((truth - truth.mean()) ** 2)
    mean = loss.mean(axis=1)
    shares = [int(np.argmin(loss[:, trait] + mean)) for trait in range(benchmarks)]
    chosen = float(np.mean([loss[share, trait] for trait, share in enumerate(shares)]))
    return [*shares, *[int(mean.argmin())] * (traits.shape[1] - benchmarks)], chosen


def test_shares_and_kernel_are_chosen_by_the_least_loss():
    chosen = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        distances, groups = tree_like(rng, 8, 4)
        kernels = [similarity_kernel(distances.values), profile_kernel(distances.values)]
        y = draw(rng, kernels[seed % 2], [0.97, 0.5][seed % 2], 3)
        y[rng.random(y.shape) < 0.2] = np.nan
        runs = [leave_out(k, y, folds_by(groups), [None])[1][0] for k in kernels]
        best, shares = choose(runs, y, 2)
        twins = [twin_choice(run, y, 2) for run in runs]
        assert best == int(np.argmin([loss for _, loss in twins]))
        assert shares.tolist() == twins[best][0]
        chosen.append((best, *shares.tolist()))
    assert {best for best, *_ in chosen} == {0, 1} and len({tuple(s) for _, *s in chosen}) > 2


def test_the_simulated_lambda_is_recovered():
    rng = np.random.default_rng(8)
    found = {}
    for share in (0.95, 0.6, 0.15):
        runs = []
        for _ in range(12):
            distances, _ = tree_like(rng)
            kernel = profile_kernel(distances.values)
            y = draw(rng, kernel, share, 4)
            single = [np.array([row]) for row in range(60)]
            _, shares = choose([leave_out(kernel, y, single, [None])[1][0]], y, 4)
            runs.append(np.mean([LAMBDAS[place] for place in shares]))
        found[share] = np.mean(runs)
    assert found[0.95] > 0.85 and 0.45 < found[0.6] < 0.8 and found[0.15] < 0.35


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 12))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_merged_folds_hold_each_place_once_in_parts_of_even_size(sizes, most):
    ends = np.cumsum([0, *sizes])
    folds = [np.arange(*pair) for pair in zip(ends[:-1], ends[1:], strict=True)]
    merged = merge_folds(folds, most)
    assert len(merged) == min(most, len(folds))
    assert sorted(np.concatenate(merged).tolist()) == list(range(sum(sizes)))
    for fold in folds:
        assert sum(bool(np.isin(fold, part).any()) for part in merged) == 1
    if len(folds) > most:
        assert max(map(len, merged)) - min(map(len, merged)) <= max(sizes)


def test_merged_folds_are_as_even_as_can_be():
    folds = [np.array([place]) for place in range(4)] + [np.arange(4, 8)]
    assert [fold.tolist() for fold in merge_folds(folds, 2)] == [[4, 5, 6, 7], [0, 1, 2, 3]]
    assert merge_folds(folds, 5) == folds


# Kernels


def assert_kernel(kernel):
    assert np.trace(kernel) / len(kernel) == pytest.approx(1)
    assert (kernel == kernel.T).all()
    assert np.linalg.eigvalsh(kernel).min() > -1e-9


@given(st.integers(0, 10_000), st.integers(3, 12))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_kernels_of_any_distances_are_positive_with_mean_one_and_blind_to_order(seed, n):
    rng = np.random.default_rng(seed)
    d = rng.exponential(1, (n, n)) - 0.05
    d = np.tril(d, -1) + np.tril(d, -1).T
    d[0, 1] = d[1, 0] = 1.0
    order = rng.permutation(n)
    for make in (profile_kernel, similarity_kernel):
        kernel = make(d)
        assert_kernel(kernel)
        again = make(d[np.ix_(order, order)])
        np.testing.assert_allclose(again, kernel[np.ix_(order, order)], atol=1e-9)


def test_profile_kernel_equals_plain_loops():
    d = tree_like(np.random.default_rng(9), 3, 3)[0].values
    n = len(d)
    expected = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                mean = sum(np.exp(-d[m, k]) for m in range(n)) / n
                expected[i, j] += (np.exp(-d[i, k]) - mean) * (np.exp(-d[j, k]) - mean)
    expected /= sum(expected[i, i] for i in range(n)) / n
    np.testing.assert_allclose(profile_kernel(d), expected, atol=1e-12)


def test_similarity_kernel_is_the_similarity_where_that_is_positive_definite():
    d = tree_like(np.random.default_rng(10), 4, 3)[0].values
    np.testing.assert_allclose(similarity_kernel(d), np.exp(-d), atol=1e-12)
    broken = np.array([[0, 0.01, 3.0], [0.01, 0, 0.01], [3.0, 0.01, 0]])
    assert np.linalg.eigvalsh(np.exp(-broken)).min() < -0.1
    assert_kernel(similarity_kernel(broken))


def test_distances_a_little_below_zero_count_as_zero():
    d = tree_like(np.random.default_rng(11), 3, 3)[0].values
    d[0, 1] = d[1, 0] = 0.0
    below = d.copy()
    below[0, 1] = below[1, 0] = -0.01
    for make in (profile_kernel, similarity_kernel):
        np.testing.assert_array_equal(make(below), make(d))


def test_models_all_alike_have_no_kernel_and_break_nothing():
    assert (profile_kernel(np.zeros((4, 4))) == 0).all()


def twin_declared(families, parents, models):
    """Steps by walking up from both models and meeting at the first shared forebear."""

    def line(name):
        found = [name]
        while (above := dict(zip(models, parents, strict=True)).get(found[-1])) and (
            above not in found
        ):
            found.append(above)
        return found

    n = len(models)
    kernel = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            kernel[i, j] += bool(families[i]) and families[i] == families[j]
            first, second = line(models[i]), line(models[j])
            shared = [name for name in first if name in second]
            if shared:
                kernel[i, j] += STEP ** (first.index(shared[0]) + second.index(shared[0]))
    return kernel / (np.trace(kernel) / n)


@given(st.integers(0, 10_000), st.integers(1, 9))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_declared_kernel_of_a_forest_equals_walking_up(seed, n):
    rng = np.random.default_rng(seed)
    models = [f"m{i}" for i in rng.permutation(n)]
    # Parents come earlier in the line; some were not sequenced ("x0"), some aren't declared.
    parents = [str(rng.choice([*models[:place], "x0", "x1", ""])) for place in range(n)]
    families = [str(rng.choice(["a", "b", ""])) for _ in models]
    kernel = declared_kernel(families, parents, models)
    assert_kernel(kernel)
    np.testing.assert_allclose(kernel, twin_declared(families, parents, models), atol=1e-12)
    order = rng.permutation(n)
    again = declared_kernel(*[[each[i] for i in order] for each in (families, parents, models)])
    np.testing.assert_allclose(again, kernel[np.ix_(order, order)], atol=1e-12)


def test_siblings_of_a_parent_nobody_sequenced_are_two_steps_apart():
    kernel = declared_kernel(["", "", ""], ["gone", "gone", ""], ["a", "b", "c"])
    np.testing.assert_allclose(kernel, [[1, 0.25, 0], [0.25, 1, 0], [0, 0, 1]])


def test_wrong_declarations_break_nothing():
    nobody = declared_kernel([""] * 3, [""] * 3, list("abc"))
    np.testing.assert_array_equal(nobody, np.eye(3))
    itself = declared_kernel([""] * 3, ["a", "", "b"], list("abc"))
    np.testing.assert_allclose(itself, declared_kernel([""] * 3, ["", "", "b"], list("abc")))
    pair = declared_kernel(["", ""], ["b", "a"], ["a", "b"])
    np.testing.assert_allclose(pair, [[1, 0.5], [0.5, 1]])
    family, parents, models = ["x"] * 5, ["b", "c", "d", "a", ""], list("abcde")
    circle = declared_kernel(family, parents, models)
    opened = [[*parents[:cut], "", *parents[cut + 1 :]] for cut in range(4)]
    assert any(np.allclose(circle, declared_kernel(family, each, models)) for each in opened)
    through_others = declared_kernel([""] * 2, ["x", "x"], ["a", "x"])
    np.testing.assert_allclose(through_others, [[1, 0.5], [0.5, 1]])


def test_models_without_a_family_are_no_family():
    kernel = declared_kernel(["", "", "f", "f"], [""] * 4, list("abcd"))
    assert kernel[0, 1] == 0 and kernel[2, 3] > 0


def test_a_forecast_chooses_between_measured_and_measured_with_declared():
    d = tree_like(np.random.default_rng(12), 3, 3)[0].values
    declared = declared_kernel(["f"] * 3 + [""] * 6, [""] * 9, list("abcdefghi"))
    assert len(kernels_for(d, None)) == 1
    measured, both = kernels_for(d, declared)
    np.testing.assert_array_equal(measured, profile_kernel(d))
    np.testing.assert_allclose(both - measured, DECLARED_WEIGHT * declared, atol=1e-12)


# Traits


def test_log_odds_turn_back_into_scores_and_hold_the_extremes():
    score = np.array([LEAST, 0.25, 0.5, 0.9, MOST])
    assert log_odds(score)[1:3] == pytest.approx([-np.log(3), 0])
    assert from_log_odds(log_odds(score)) == pytest.approx(score)
    assert log_odds(np.array([0.0, 1.0])) == pytest.approx([np.log(0.005 / 0.995), np.log(199)])
    assert np.isnan(log_odds(np.array([np.nan]))).all()


def test_size_is_a_trait_where_enough_are_known_and_they_vary():
    scores = np.full((6, 2), 0.5)
    sizes = np.array([1, 10, 100, np.nan, 1000, 7.0])
    assert make_traits(scores, sizes)[:, 2] == pytest.approx(np.log10(sizes), nan_ok=True)
    assert np.isnan(make_traits(scores, np.array([0, 1, 2, 3, 4, 5.0]))[0, 2])
    few = np.array([1, 10, 100, np.nan, np.nan, 7.0])
    for unusable in (few, np.full(6, 7.0), np.full(6, np.nan)):
        assert make_traits(scores, unusable).shape == (6, 2)
