"""How fast forecasts are: leave-one-family-out with everything chosen inside.

    .venv/bin/python benchmarks/bench_predict.py

Beside it, scikit-learn's KernelRidge refitted for every family, every inner family and every
value of the same seven: the plain way to do the same. Input: simulated families.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from phylolm.predict.evaluate import Knowledge, folds_of, forecast_left_out
from phylolm.predict.gaussian import LAMBDAS
from phylolm.predict.kinship import profile_kernel
from phylolm.predict.leaveout import merge_folds
from phylolm.predict.traits import from_log_odds, log_odds

BENCHMARKS = 6


def simulated(
    models: int, families: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Distances, scores and families of models scattered around their families' centres."""
    rng = np.random.default_rng(seed)
    family = rng.integers(0, families, models)
    place = rng.normal(size=(families, 8))[family] + 0.5 * rng.normal(size=(models, 8))
    distances = ((place[:, None] - place[None]) ** 2).sum(-1) / 16
    noise = 0.2 * rng.normal(size=(models, BENCHMARKS))
    scores = from_log_odds(0.3 * place @ rng.normal(size=(8, BENCHMARKS)) + noise)
    return distances, scores, [str(name) for name in family]


def seconds(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def ours(kernel: np.ndarray, scores: np.ndarray, family: list[str]) -> np.ndarray:
    unknown = np.full(len(scores), np.nan)
    return forecast_left_out([kernel], scores, unknown, folds_of(family), [Knowledge()])[0].values


def plain(kernel: np.ndarray, scores: np.ndarray, family: list[str]) -> np.ndarray:
    """Nested leave-one-family-out by refitting."""
    found = np.full(scores.shape, np.nan)
    folds = folds_of(family)
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(scores)), fold)
        inner = [np.intersect1d(other, rest) for other in merge_folds(folds)]
        for column in range(scores.shape[1]):
            y = log_odds(scores[:, column])
            losses = [sum(((refit(kernel, y, held, rest, share) - scores[held, column]) ** 2).sum()
                          for held in inner if len(held)) for share in LAMBDAS]  # fmt: skip
            best = LAMBDAS[int(np.argmin(losses))]
            found[fold, column] = refit(kernel, y, fold, rest, best)
    return found


def refit(
    kernel: np.ndarray, y: np.ndarray, held: np.ndarray, rest: np.ndarray, share: float
) -> np.ndarray:
    train = np.setdiff1d(rest, held)
    model = KernelRidge(alpha=(1 - share) / share, kernel="precomputed")
    model.fit(kernel[np.ix_(train, train)], y[train] - y[train].mean())
    return from_log_odds(model.predict(kernel[np.ix_(held, train)]) + y[train].mean())


def main() -> None:
    distances, scores, family = simulated(300, 15)
    kernel = profile_kernel(distances)
    fast, one = seconds(lambda: ours(kernel, scores, family))
    slow, other = seconds(lambda: plain(kernel, scores, family))
    agree = float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])
    print(f"300 models, 15 families, 6 benchmarks, 7 values of lambda, on {np.shape(one)} scores")
    print(f"{'phylolm, with intervals':42s} {fast:8.2f} s")
    print(f"{'scikit-learn KernelRidge, refitted':42s} {slow:8.2f} s   {slow / fast:.0f}x")
    print(f"{'correlation of the two forecasts':42s} {agree:8.4f}")
    for models, families, gaps in [(2000, 50, 0.0), (2000, 50, 0.1), (2000, 500, 0.0)]:
        distances, scores, family = simulated(models, families)
        scores[np.random.default_rng(1).random(scores.shape) < gaps] = np.nan
        kernel = profile_kernel(distances)
        took, _ = seconds(lambda k=kernel, s=scores, f=family: ours(k, s, f))
        name = f"{models} models, {families} families, {gaps:.0%} of scores missing"
        print(f"{name:50s} {took:8.1f} s")


if __name__ == "__main__":
    main()
