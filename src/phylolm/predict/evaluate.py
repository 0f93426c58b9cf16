"""How good forecasts are: every score forecast without its family, clade or a tenth of the models.

Here: `evaluate`, its table of forecasts and what they add up to. Next door: `baselines` are what
the process is measured against, `forecast` uses the same parts for models without scores.

Everything is chosen inside: shares of variance, correlations and intervals of a fold's forecasts
come from the other folds alone, which are left out one by one in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from phylolm.errors import DataError
from phylolm.predict import baselines
from phylolm.predict.calibration import Calibration
from phylolm.predict.forecast import ScoredModels
from phylolm.predict.gaussian import LAMBDAS, Indices, Matrix
from phylolm.predict.kinship import kernels_for, similarity_kernel
from phylolm.predict.leaveout import Errors, choose, leave_out, merge_folds
from phylolm.predict.traits import from_log_odds, interval, make_traits

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.9
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
MAX_OUTER_FOLDS = 50
"""Families beyond this many are left out in groups: each model still without its own."""

MIN_FOLDS = 3
"""One to forecast, and two to choose and calibrate on."""

MOST_PUBLISHED = 500
"""The published protocol is left out beyond this many models: it takes minutes."""


@dataclass(frozen=True)
class Knowledge:
    """What a forecast may know of the model besides its answers."""

    parameters: bool = False
    other_scores: bool = False


@dataclass(frozen=True)
class LeftOutForecasts:
    """Forecasts for n models on p benchmarks, each made without the model's fold.

    values (n, p), low and high (levels, n, p): fractions, NaN where there is no score. shares
    (folds, p): Pagel's lambda chosen in each fold.
    """

    values: Matrix
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    shares: Matrix


def folds_of(labels: Sequence[str]) -> list[Indices]:
    """Places of each label, by label; at most MAX_OUTER_FOLDS. Raises DataError for one label."""
    found, which = np.unique(np.array(labels, dtype=str), return_inverse=True)
    if len(found) < 2:
        raise DataError(
            f"all scored models are of one family ({found[0] if len(found) else 'none'}): no "
            "family can be left out; leave out clades of the tree instead (--cv-group clade)"
        )
    return merge_folds([np.flatnonzero(which == n) for n in range(len(found))], MAX_OUTER_FOLDS)


def forecast_left_out(
    kernels: Sequence[Matrix],
    scores: Matrix,
    parameters: npt.NDArray[np.float64],
    folds: Sequence[Indices],
    knowledge: Sequence[Knowledge] = (Knowledge(),),
    levels: Sequence[float] = LEVELS,
) -> list[LeftOutForecasts]:
    """One result for each kind of knowledge. kernels: one or more (n, n), of which each fold takes
    the better; scores (n, p) fractions, NaN for gaps; parameters (n,) in billions, NaN unknown."""
    traits = make_traits(scores, parameters)
    benchmarks = scores.shape[1]
    inner = merge_folds(folds)
    runs = [leave_out(kernel, traits, inner, list(folds)) for kernel in kernels]
    results = [
        LeftOutForecasts(
            np.full(scores.shape, np.nan),
            np.full((len(levels), *scores.shape), np.nan),
            np.full((len(levels), *scores.shape), np.nan),
            np.full((len(folds), benchmarks), np.nan),
        )
        for _ in knowledge
    ]
    for number, fold in enumerate(folds):
        best, shares = choose([nested[number] for _, nested in runs], traits, benchmarks)
        held, nested = runs[best]
        rest = [other for place, other in enumerate(folds) if place != number]
        calibration = Calibration.of(*nested[number].at(shares), rest)
        for kind, result in zip(knowledge, results, strict=True):
            result.shares[number] = np.array(LAMBDAS)[shares[:benchmarks]]
            _forecast_fold(calibration, held, shares, traits, fold, kind, np.array(levels), result)
    return results


def _forecast_fold(
    calibration: Calibration,
    held: Errors,
    shares: Indices,
    traits: Matrix,
    fold: Indices,
    kind: Knowledge,
    levels: npt.NDArray[np.float64],
    result: LeftOutForecasts,
) -> None:
    error, variance = held.at(shares)
    unit = np.sqrt(variance[fold]) * calibration.scale
    z = error[fold] / unit
    benchmarks = result.values.shape[1]
    for trait in range(benchmarks):
        known = known_traits(kind, trait, benchmarks, traits.shape[1])
        centre = traits[fold, trait] - error[fold, trait]
        centre = centre + calibration.shift(z, trait, known) * unit[:, trait]
        result.values[fold, trait] = from_log_odds(centre)
        reach = calibration.half_width(trait, known, levels)[:, None] * unit[:, trait]
        low, high = interval(centre, reach)
        result.low[:, fold, trait], result.high[:, fold, trait] = low, high


def known_traits(kind: Knowledge, trait: int, benchmarks: int, traits: int) -> list[int]:
    """Places of the traits a forecast of one may use."""
    others = [other for other in range(benchmarks) if other != trait] if kind.other_scores else []
    return others + (list(range(benchmarks, traits)) if kind.parameters else [])


@dataclass(frozen=True)
class Evaluation:
    """Forecasts of known scores, one row each, and what they add up to.

    forecasts: model, fold, benchmark, method, score, forecast, low, high (fractions; the interval
        at LEVEL, NaN for methods without one).
    coverage: method, benchmark, level, coverage: share of scores inside the interval.
    notes: what a reader must know, one line each.
    """

    forecasts: pd.DataFrame
    coverage: pd.DataFrame
    notes: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """One row a method and benchmark, and one for their mean ("mean"): n, pearson, spearman,
        r2, mae, coverage, width."""
        import pandas as pd

        rows = []
        for (method, benchmark), group in self.forecasts.groupby(
            ["method", "benchmark"], sort=False
        ):
            rows.append({"method": method, "benchmark": benchmark, **measures(group)})
        table = pd.DataFrame(rows)
        means = table.groupby("method", sort=False).mean(numeric_only=True).reset_index()
        means["benchmark"], means["n"] = (
            "mean",
            table.groupby("method", sort=False)["n"].sum().values,
        )
        return pd.concat([table, means], ignore_index=True)

    def within(self) -> pd.DataFrame:
        """Signed Pearson correlation and mean error inside each fold: method, benchmark, fold, n,
        pearson (NaN below 3 scores), bias, mae."""
        import pandas as pd

        rows = []
        keys = ["method", "benchmark", "fold"]
        for key, group in self.forecasts.groupby(keys, sort=False):
            found = measures(group)
            bias = float((group["forecast"] - group["score"]).mean())
            pearson = found["pearson"] if len(group) >= 3 else np.nan
            rows.append({**dict(zip(keys, key, strict=True)), "n": len(group), "pearson": pearson,
                         "bias": bias, "mae": found["mae"]})  # fmt: skip
        return pd.DataFrame(rows)


def measures(forecasts: pd.DataFrame) -> dict[str, float]:
    """n, pearson, spearman, r2 (against the mean of the scores), mae, coverage and width."""
    score, guess = forecasts["score"].to_numpy(), forecasts["forecast"].to_numpy()
    low, high = forecasts["low"].to_numpy(), forecasts["high"].to_numpy()
    there = np.isfinite(low)
    inside = (score >= low) & (score <= high)
    return {
        "n": len(score),
        "pearson": _correlation(score, guess),
        "spearman": _correlation(_ranks(score), _ranks(guess)),
        "r2": 1 - float(((score - guess) ** 2).mean()) / max(float(score.var()), 1e-12),
        "mae": float(np.abs(score - guess).mean()),
        "coverage": float(inside[there].mean()) if there.any() else np.nan,
        "width": float((high - low)[there].mean()) if there.any() else np.nan,
    }


def evaluate(study: ScoredModels, labels: Sequence[str]) -> Evaluation:
    """Every known score forecast without the models of its label, by all methods.

    labels: n strings, one for each model of the study; models with the same are left out together.
    Raises DataError when the scored models share one label.
    """
    rows = study.scored
    square = np.ix_(rows, rows)
    label = [labels[row] for row in rows]
    folds = folds_of(label)
    scores, parameters = study.scores[rows], study.parameters[rows]
    _check_folds(study.benchmarks, scores, folds)
    distances = study.distances.values[square]
    measured = [kernel[square] for kernel in kernels_for(study.distances.values, None)]
    sized = make_traits(scores, parameters).shape[1] > scores.shape[1]
    several = scores.shape[1] > 1

    asked = {"answers only": Knowledge()}
    if sized:
        asked["answers, size"] = Knowledge(parameters=True)
    if several:
        asked["answers, other scores"] = Knowledge(other_scores=True)
    if sized and several:
        asked["answers, size, other scores"] = Knowledge(True, True)
    found = forecast_left_out(measured, scores, parameters, folds, list(asked.values()))
    methods: dict[str, LeftOutForecasts | Matrix] = dict(zip(asked, found, strict=True))
    if study.declared is not None:
        both = [k[square] for k in kernels_for(study.distances.values, study.declared)]
        methods["answers, declared kin"] = forecast_left_out(both, scores, parameters, folds)[0]
    plain = [similarity_kernel(study.distances.values)[square]]
    methods["kernel ridge"] = forecast_left_out(plain, scores, parameters, folds)[0]
    methods |= {
        "nearest neighbours": baselines.nearest_neighbours(scores, folds, distances),
        "nearest kin": baselines.nearest_kin(scores, folds, distances),
        "family mean": baselines.family_mean(scores, folds, [study.groups[row] for row in rows]),
        "mean": baselines.mean_score(scores, folds),
    }
    if sized:
        methods["size only"] = baselines.size_only(scores, folds, parameters)
    if len(rows) <= MOST_PUBLISHED:
        methods["published protocol"] = baselines.published_protocol(scores, folds, distances)
    names = [study.distances.names[row] for row in rows]
    notes = study.notes
    if len(set(label)) > len(folds):
        notes += (f"{len(set(label))} groups were left out in {len(folds)} parts",)
    return collect(names, study.benchmarks, label, scores, methods, notes)


def _check_folds(benchmarks: Sequence[str], scores: Matrix, folds: Sequence[Indices]) -> None:
    for name, column in zip(benchmarks, scores.T, strict=True):
        count = sum(bool(np.isfinite(column[fold]).any()) for fold in folds)
        if count < MIN_FOLDS:
            raise DataError(
                f"{name} has scores in {count} of the groups left out, {MIN_FOLDS} are needed: "
                "use other cross-validation groups (--cv-group clade, --cv-group tenth) or name "
                "the other benchmarks with --benchmark"
            )


def collect(
    models: Sequence[str],
    benchmarks: Sequence[str],
    labels: Sequence[str],
    scores: Matrix,
    methods: Mapping[str, LeftOutForecasts | Matrix],
    notes: tuple[str, ...] = (),
) -> Evaluation:
    """An Evaluation of several methods' forecasts for the same scores (n, p)."""
    import pandas as pd

    tables, covered = [], []
    rows, columns = np.nonzero(np.isfinite(scores))
    for method, found in methods.items():
        values = found.values if isinstance(found, LeftOutForecasts) else found
        cells: dict[str, Any] = {
            "model": np.array(models, dtype=object)[rows],
            "fold": np.array(labels, dtype=object)[rows],
            "benchmark": np.array(benchmarks, dtype=object)[columns],
            "method": method,
            "score": scores[rows, columns],
            "forecast": values[rows, columns],
            "low": np.nan,
            "high": np.nan,
        }
        if isinstance(found, LeftOutForecasts):
            place = LEVELS.index(LEVEL)
            cells["low"] = found.low[place][rows, columns]
            cells["high"] = found.high[place][rows, columns]
            covered += _coverage(method, found, scores, benchmarks)
        tables.append(pd.DataFrame(cells))
    return Evaluation(pd.concat(tables, ignore_index=True), pd.DataFrame(covered), notes)


def _coverage(
    method: str, found: LeftOutForecasts, scores: Matrix, benchmarks: Sequence[str]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, level in enumerate(LEVELS):
        inside = (scores >= found.low[place]) & (scores <= found.high[place])
        for column, benchmark in enumerate(benchmarks):
            there = np.isfinite(scores[:, column])
            rows.append({"method": method, "benchmark": benchmark, "level": level,
                         "coverage": float(inside[there, column].mean())})  # fmt: skip
    return rows


def _correlation(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)
