"""Scores of models that have none, from their kin that do.

Here: `forecast` and what a forecast says of itself. Next door: `leaveout` and `calibration` are
its parts, `evaluate` tells how good it is.

A model whose family or clade has scores is forecast as one among scored kin: lambda and interval
come from leaving out single models. A model of a new family comes with an unknown level of its
own: lambda and interval come from leaving out whole families, and the interval is wider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import DataError, listed
from phylolm.predict.calibration import Calibration
from phylolm.predict.gaussian import LAMBDAS, Indices, Matrix, Spectrum
from phylolm.predict.kinship import declared_kernel, kernels_for
from phylolm.predict.leaveout import choose, leave_out, merge_folds
from phylolm.predict.scores import ScoreTable
from phylolm.predict.traits import MIN_SCORES, from_log_odds, interval, make_traits

SCORED_KIN, NEW_FAMILY = "scored kin", "new family"
FAR_QUANTILE = 0.95
KIN_SHOWN = 3
MIN_FAMILIES = 3
"""With scores, for an interval of a new family's: one like it, and two to calibrate by."""

NO_INTERVAL = "too few families with scores for an interval"


@dataclass(frozen=True)
class Forecast:
    """One model's forecast on one benchmark; all scores are fractions.

    low, high: interval, NaN where too few families have scores to tell. kin: scored models it
    rests on, with their weights, heaviest first. basis: SCORED_KIN or NEW_FAMILY. known: other
    facts used ("size", names of benchmarks). warning: "" or what to be careful about.
    """

    model: str
    benchmark: str
    value: float
    low: float
    high: float
    kin: tuple[tuple[str, float], ...]
    basis: str
    known: tuple[str, ...]
    warning: str


@dataclass(frozen=True)
class ScoredModels:
    """Scores laid beside distances: n models in the distances' order.

    scores (n, p) fractions with NaN for gaps; parameters (n,) in billions; groups: the family, or
    clade, of each model; declared: kernel of declared kinship, or None; benchmarks: p names.
    """

    distances: DistanceMatrix
    benchmarks: tuple[str, ...]
    scores: Matrix
    parameters: npt.NDArray[np.float64]
    groups: tuple[str, ...]
    declared: Matrix | None
    notes: tuple[str, ...] = ()

    @property
    def scored(self) -> Indices:
        """Places of models with at least one score."""
        return np.flatnonzero(np.isfinite(self.scores).any(axis=1))


def join_scores(
    distances: DistanceMatrix, table: ScoreTable, clade_of: Mapping[str, str] | None = None
) -> ScoredModels:
    """Scores and distances of the same models, ready to forecast from.

    clade_of: the group of models whose family the table does not tell. Raises DataError when no
    scored model was measured, or a benchmark has too few scores or the same one everywhere.
    """
    names = distances.names
    place = {name: row for row, name in enumerate(table.models)}
    rows = [place.get(name) for name in names]
    scores = np.array([_row(table.values, row) for row in rows])
    parameters = np.array([np.nan if row is None else table.parameters[row] for row in rows])
    families = tuple("" if row is None else table.families[row] for row in rows)
    parents = tuple("" if row is None else table.parents[row] for row in rows)
    measured = set(names)
    unknown = [name for name in table.models if name not in measured]
    if len(unknown) == len(table.models):
        raise DataError(
            f"none of the {len(unknown)} models with scores was measured: scores name "
            f"{listed(unknown, 2)}, the distances {listed(names, 2)}"
        )
    _check_benchmarks(table.benchmarks, scores, len(names))
    notes = []
    if unknown:
        notes.append(f"scored but not measured ({len(unknown)}): {listed(unknown)}")
    declared = None
    if any(families) or any(parents):
        declared = declared_kernel(families, parents, names)
    fallback = clade_of or {}
    groups = tuple(
        family or fallback.get(name, name) for name, family in zip(names, families, strict=True)
    )
    return ScoredModels(
        distances, table.benchmarks, scores, parameters, groups, declared, tuple(notes)
    )


def forecast(study: ScoredModels, models: Sequence[str] = (), level: float = 0.9) -> list[Forecast]:
    """Forecasts of every score that is missing, for `models` or for all.

    Raises ConfigError for a model that was not measured.
    """
    for model in models:
        study.distances.index(model)
    wanted = {study.distances.index(m) for m in models} or set(range(len(study.distances)))
    traits, names = make_traits(study.scores, study.parameters), study.distances.names
    by_basis = regimes(study, traits)
    far = _far(study)
    found = []
    for column in range(len(study.benchmarks)):
        gaps = np.flatnonzero(~np.isfinite(study.scores[:, column]))
        targets = np.array(sorted(wanted & set(gaps.tolist())), dtype=np.intp)
        there = np.flatnonzero(np.isfinite(study.scores[:, column]))
        groups = {study.groups[row] for row in there}
        for basis in (SCORED_KIN, NEW_FAMILY):
            rows = targets[[(study.groups[t] in groups) == (basis == SCORED_KIN) for t in targets]]
            if len(rows):
                found += _forecast(study, traits, column, rows, by_basis[basis], basis, level)
    order = {name: number for number, name in enumerate(names)}
    marked = [_marked(each, far[order[each.model]]) for each in found]
    benchmark_order = {name: number for number, name in enumerate(study.benchmarks)}
    return sorted(marked, key=lambda f: (order[f.model], benchmark_order[f.benchmark]))


@dataclass(frozen=True)
class Regime:
    """What was chosen and calibrated for one way of being forecast.

    shares (t,): places in LAMBDAS. variance (n, t): of errors, in units of s^2.
    """

    kernel: Matrix
    shares: Indices
    variance: Matrix
    calibration: Calibration


def regimes(study: ScoredModels, traits: Matrix) -> dict[str, Regime]:
    """Chosen by leaving out single models, and whole families."""
    kernels = kernels_for(study.distances.values, study.declared)
    benchmarks = len(study.benchmarks)
    known = np.flatnonzero(np.isfinite(traits).any(axis=1))
    by_name = sorted(known.tolist(), key=study.distances.names.__getitem__)
    single = [np.array([row]) for row in by_name]
    among_kin = _regime(kernels, traits, single, benchmarks)
    label = np.array(study.groups, dtype=object)
    if len({study.groups[row] for row in study.scored}) < MIN_FAMILIES:
        return {SCORED_KIN: among_kin, NEW_FAMILY: among_kin}
    families = [known[label[known] == name] for name in sorted(set(label[known]))]
    return {SCORED_KIN: among_kin, NEW_FAMILY: _regime(kernels, traits, families, benchmarks)}


def _regime(
    kernels: Sequence[Matrix], traits: Matrix, folds: Sequence[Indices], benchmarks: int
) -> Regime:
    runs = [leave_out(kernel, traits, list(folds), [None])[1][0] for kernel in kernels]
    best, shares = choose(runs, traits, benchmarks)
    error, variance = runs[best].at(shares)
    calibration = Calibration.of(error, variance, merge_folds(folds))
    return Regime(kernels[best], shares, variance, calibration)


def _forecast(
    study: ScoredModels,
    traits: Matrix,
    column: int,
    targets: Indices,
    regime: Regime,
    basis: str,
    level: float,
) -> list[Forecast]:
    there = np.flatnonzero(np.isfinite(study.scores[:, column]))
    families = {study.groups[row] for row in there}
    calibrated = basis == SCORED_KIN or len(families) >= MIN_FAMILIES
    across = regime.kernel[np.ix_(targets, there)]
    fit = Spectrum.of(regime.kernel[np.ix_(there, there)]).fit(
        LAMBDAS[regime.shares[column]], traits[there, column][:, None]
    )
    weights = fit.weights(across)
    centre = weights @ traits[there, column]
    spread = np.sqrt(fit.variance(across, np.diag(regime.kernel)[targets]))
    known = [np.flatnonzero(np.isfinite(traits[row])) for row in targets]
    names = [*study.benchmarks, "size"]
    found = []
    for number, row in enumerate(targets):
        told, calibration = known[number].tolist(), regime.calibration
        unit = spread[number] * calibration.scale[column]
        middle = (
            centre[number] + calibration.shift(calibration.z[row][None], column, told)[0] * unit
        )
        reach = calibration.half_width(column, told, np.array([level]))[0] * unit
        low, high = interval(middle, reach if calibrated else reach * np.nan)
        heavy = np.argsort(-weights[number])[:KIN_SHOWN]
        kin = tuple((study.distances.names[there[place]], float(weights[number, place]))
                    for place in heavy)  # fmt: skip
        found.append(
            Forecast(
                study.distances.names[row],
                study.benchmarks[column],
                float(from_log_odds(middle)),
                float(low),
                float(high),
                kin,
                basis,
                tuple(names[place] for place in known[number]),
                "" if calibrated else NO_INTERVAL,
            )
        )
    return found


def _far(study: ScoredModels) -> npt.NDArray[np.bool_]:
    """Models farther from any scored one than 95 % of scored ones are from other families."""
    values, scored = study.distances.values, study.scored
    label = np.array(study.groups, dtype=object)
    other = label[scored][:, None] != label[scored][None, :]
    between = np.where(other, values[np.ix_(scored, scored)], np.inf).min(axis=1)
    between = between[np.isfinite(between)]
    limit = np.quantile(between, FAR_QUANTILE) if len(between) else np.inf
    square = values[:, scored].copy()
    square[scored, np.arange(len(scored))] = np.inf
    return np.asarray(square.min(axis=1) > limit)


def _marked(each: Forecast, far: bool) -> Forecast:
    if not far:
        return each
    warning = "; ".join(filter(None, [each.warning, "far from every scored model"]))
    return replace(each, warning=warning)


def _check_benchmarks(benchmarks: Sequence[str], scores: Matrix, measured: int) -> None:
    for name, column in zip(benchmarks, scores.T, strict=True):
        known = column[np.isfinite(column)]
        if len(known) < MIN_SCORES:
            raise DataError(
                f"{name} has {len(known)} scores among the {measured} measured models, "
                f"{MIN_SCORES} are needed: leave it out by naming the others with --benchmark"
            )
        if np.ptp(known) == 0:
            raise DataError(f"{name} has the same score for every model: nothing to forecast")


def _row(values: Matrix, row: int | None) -> npt.NDArray[np.float64]:
    return np.full(values.shape[1], np.nan) if row is None else values[row]
