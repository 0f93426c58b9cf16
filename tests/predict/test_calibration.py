"""Intervals, and what known scores add, against plain loops."""

import numpy as np
import pytest
from score_cases import (
    one_thread,  # noqa: F401
    twin_shift,
)

from phylolm.predict.calibration import CLIP, CROSS_FITS, SHRINKAGE, Calibration


def calibrated(seed, n=24, traits=3, folds=6, gaps=0.2):
    rng = np.random.default_rng(seed)
    error = rng.normal(0, 2, (n, traits)) + rng.normal(0, 1, (n, 1))
    error[rng.random((n, traits)) < gaps] = np.nan
    variance = rng.uniform(0.5, 2, (n, traits))
    label = rng.integers(0, folds, n)
    places = [np.flatnonzero(label == number) for number in range(folds)]
    return error, variance, places, Calibration.of(error, variance, places)


def twin_correlation(z):
    """Correlations of clipped z about 0 over the models that have both, pair by pair."""
    t = z.shape[1]
    found = np.eye(t)
    clipped = np.clip(z, -CLIP, CLIP)
    for i in range(t):
        for j in range(t):
            both = np.isfinite(z[:, i]) & np.isfinite(z[:, j])
            product = np.mean(clipped[both, i] * clipped[both, j])
            own = [np.nanmean(clipped[:, k] ** 2) for k in (i, j)]
            if i != j:
                found[i, j] = (1 - SHRINKAGE) * product / np.sqrt(own[0] * own[1])
    assert np.linalg.eigvalsh(found).min() > SHRINKAGE / 2  # so that nothing had to be cut
    return found


def twin_half_width(left, weight, level):
    """The smallest |z| that holds the level, raised by one model's share: up one by one."""
    pairs = sorted((abs(z), w) for z, w in zip(left, weight, strict=True) if np.isfinite(z))
    total, reached = sum(w for _, w in pairs), 0.0
    for z, w in pairs:
        reached += w / total
        if reached >= level * (1 + 1 / len(pairs)) - 1e-9:
            return z
    return pairs[-1][0]


def test_calibration_equals_plain_loops():
    for seed in range(8):
        error, variance, folds, found = calibrated(seed)
        raw = error / np.sqrt(variance)
        scale = [np.sqrt(np.mean([v * v for v in raw[:, t] if v == v])) for t in range(3)]
        z = raw / np.array(scale)
        assert found.scale == pytest.approx(scale)
        np.testing.assert_allclose(found.z, z)
        np.testing.assert_allclose(found.correlation, twin_correlation(z), atol=1e-12)
        weight = [1 / max(len(fold) for fold in folds if row in fold) for row in range(24)]
        np.testing.assert_allclose(found.fold_weight, weight)
        for trait, known in [(0, []), (0, [1, 2]), (1, [0, 1, 2]), (2, [0])]:
            left = np.array([z[row, trait] - others_say(z, folds, row, trait, known)
                             for row in range(24)])  # fmt: skip
            np.testing.assert_allclose(found.remainder(trait, known), left, atol=1e-12)
            shifts = [twin_shift(twin_correlation(z), z[row], trait, known) for row in range(24)]
            np.testing.assert_allclose(found.shift(z, trait, known), shifts, atol=1e-12)
            for level in (0.2, 0.5, 0.9, 0.97):
                width = found.half_width(trait, known, np.array([level]))
                assert width[0] == pytest.approx(twin_half_width(left, weight, level))


def others_say(z, folds, row, trait, known):
    """The shift of one model by correlations of the parts it isn't in."""
    for start in range(CROSS_FITS):
        part = [place for fold in folds[start::CROSS_FITS] for place in fold]
        if row in part:
            rest = [place for place in range(len(z)) if place not in part]
            return twin_shift(twin_correlation(z[rest]), z[row], trait, known)
    raise AssertionError(f"{row} is in no fold")


def test_intervals_widen_with_the_level_and_end_at_the_largest_error():
    _, _, _, found = calibrated(20)
    widths = found.half_width(0, [1], np.linspace(0.05, 0.99, 40))
    assert (np.diff(widths) >= 0).all() and widths[0] < widths[20] < widths[-1]
    assert widths[-1] == np.nanmax(np.abs(found.remainder(0, [1])))


def test_each_fold_weighs_the_same_in_an_interval():
    z = np.array([3.0] * 90 + [0.1] * 9 + [1.0])[:, None]
    folds = [np.arange(90), *[np.array([row]) for row in range(90, 100)]]
    found = Calibration.of(z, np.ones((100, 1)), folds)
    unit = found.scale[0]
    # The big fold is one of eleven: eight in ten lie with the small ones.
    assert found.half_width(0, [], np.array([0.8]))[0] * unit == pytest.approx(0.1)
    assert found.half_width(0, [], np.array([0.95]))[0] * unit == pytest.approx(3.0)
    alone = Calibration.of(z, np.ones((100, 1)), [np.array([row]) for row in range(100)])
    assert alone.half_width(0, [], np.array([0.8]))[0] * unit == pytest.approx(3.0)


def test_a_wild_score_drags_the_others_no_further_than_two():
    _, _, _, found = calibrated(21)
    two, wild = (found.shift(np.array([[value, np.nan, 0]]), 1, [0, 2]) for value in (2.0, 50.0))
    assert two[0] == wild[0] != 0
    assert found.shift(np.array([[np.nan, 3.0, np.nan]]), 1, [0, 1, 2])[0] == 0


def test_correlations_stay_positive_definite_where_few_models_have_both():
    rng = np.random.default_rng(22)
    z = rng.normal(size=(12, 1)) * np.ones(6) + 0.01 * rng.normal(size=(12, 6))
    z[rng.random(z.shape) < 0.6] = np.nan
    found = Calibration.of(z, np.ones(z.shape), [np.array([row]) for row in range(12)])
    assert np.linalg.eigvalsh(found.correlation).min() > 0
    assert np.diag(found.correlation) == pytest.approx(np.ones(6))
    assert np.abs(found.correlation).max() <= 1 + 1e-12
