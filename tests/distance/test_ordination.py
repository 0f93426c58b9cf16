"""Principal coordinates against scikit-bio, against geometry, and by the fast route."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import numpy.typing as npt
import pytest

from phylolm.distance import ordination
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.ordination import pcoa
from phylolm.errors import ConfigError, DataError

Array = npt.NDArray[np.float64]


def matrix(values: Array) -> DistanceMatrix:
    return DistanceMatrix(tuple(f"m{i}" for i in range(len(values))), values)


def between(points: Array) -> Array:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=-1))


def genetic(m: int, seed: int = 0) -> Array:
    """Distances with structure and with noise that no Euclidean space has room for."""
    rng = np.random.default_rng(seed)
    values = between(rng.standard_normal((m, 6)) * [4, 3, 2, 1, 0.5, 0.2])
    noise = np.triu(rng.gamma(2, 0.3, (m, m)), 1)
    return np.asarray(values + noise + noise.T)


@pytest.mark.parametrize("m", [3, 10, 60])
def test_agrees_with_scikit_bio(m: int) -> None:
    from skbio.stats.distance import DistanceMatrix as Theirs
    from skbio.stats.ordination import pcoa as their_pcoa

    values = genetic(m)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-bio warns of the negative eigenvalues we drop
        theirs = their_pcoa(Theirs(values))
    ours = pcoa(matrix(values), 2)
    np.testing.assert_allclose(
        np.abs(ours.coordinates), np.abs(theirs.samples.to_numpy()[:, :2]), atol=1e-9
    )
    np.testing.assert_allclose(ours.explained, theirs.proportion_explained.to_numpy()[:2])


def test_gives_points_in_space_their_distances_back() -> None:
    points = np.random.default_rng(1).standard_normal((30, 3))
    found = pcoa(matrix(between(points)), 3)
    np.testing.assert_allclose(between(found.coordinates), between(points), atol=1e-9)
    assert found.explained.sum() == pytest.approx(1.0)


def test_the_largest_entry_of_each_axis_is_positive() -> None:
    coordinates = pcoa(matrix(genetic(40)), 4).coordinates
    largest = np.abs(coordinates).argmax(axis=0)
    assert (coordinates[largest, range(4)] > 0).all()


def test_two_mirror_images_get_the_same_sign_in_any_rounding() -> None:
    two = pcoa(matrix(np.array([[0.0, 1.0], [1.0, 0.0]])), 1).coordinates[:, 0]
    np.testing.assert_allclose(two, [0.5, -0.5])


@pytest.mark.parametrize("values", [np.zeros((1, 1)), np.zeros((4, 4))])
def test_models_without_any_distance_lie_on_one_point(values: Array) -> None:
    found = pcoa(matrix(values), 2)
    assert found.coordinates.shape == (len(values), 2)
    assert not found.coordinates.any() and not found.explained.any()


def test_more_dimensions_than_models_are_filled_with_zeros() -> None:
    found = pcoa(matrix(genetic(3)), 5)
    assert found.coordinates.shape == (3, 5) and found.explained.shape == (5,)
    assert not found.coordinates[:, 3:].any()


def test_many_models_go_by_random_projection(monkeypatch: pytest.MonkeyPatch) -> None:
    values = genetic(400, seed=3)
    exact = pcoa(matrix(values), 3)
    monkeypatch.setattr(ordination, "EXACT_LIMIT", 100)
    monkeypatch.setattr(ordination, "_BLOCK_ROWS", 64)
    fast, again = pcoa(matrix(values), 3), pcoa(matrix(values), 3)
    np.testing.assert_allclose(fast.coordinates, exact.coordinates, atol=1e-3)
    np.testing.assert_allclose(fast.explained, exact.explained, rtol=0.05)
    assert np.array_equal(fast.coordinates, again.coordinates)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_unknown_distance_is_refused_by_name(bad: float) -> None:
    values = genetic(4)
    values[1, 2] = values[2, 1] = bad
    with pytest.raises(DataError, match="'m1' and 'm2'"):
        pcoa(matrix(values))


def test_no_models_and_no_dimensions_are_refused() -> None:
    with pytest.raises(DataError, match="empty"):
        pcoa(matrix(np.zeros((0, 0))))
    with pytest.raises(ConfigError, match="dimension"):
        pcoa(matrix(genetic(4)), 0)


def test_imports_stay_light() -> None:
    code = (
        "import sys, phylolm.distance.ordination, phylolm.figures.ascii, phylolm.report;"
        "print([m for m in ('scipy.linalg', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
