"""phylolm predict: benchmark scores from kinship."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix, table
from phylolm.cli.options import PICTURES, with_options
from phylolm.cli.scored import BenchmarkOption, Scale, ScaleOption, ScoresOption, read_scored
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.predict.evaluate import Evaluation
    from phylolm.predict.forecast import Forecast, ScoredModels


class CvGroup(StrEnum):
    """What is left out together."""

    family = "family"
    clade = "clade"
    tenth = "tenth"


WORTH_A_LOOK = 0.01


@with_options(source.Source)
def predict(
    chosen: source.Source,
    scores: ScoresOption,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="Only this model (repeatable).")
    ] = None,
    benchmark: BenchmarkOption = None,
    scale: ScaleOption = Scale.auto,
    evaluate: Annotated[
        bool,
        typer.Option("--evaluate", help="Cross-validate: forecast the known scores and compare."),
    ] = False,
    cv_group: Annotated[
        CvGroup,
        typer.Option(
            "--cv-group",
            help="With --evaluate: cross-validation groups, left out one at a time.",
        ),
    ] = CvGroup.family,
    residuals: Annotated[
        bool,
        typer.Option("--residuals", help="List known scores far above their forecast instead."),
    ] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="All rows (.csv), scores in 0-1; with --evaluate also a scatter plot (.svg .pdf "
            ".png) and, as NAME-calibration, a calibration plot. Repeatable.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON; scores in 0-1.")
    ] = False,
) -> None:
    """What would these models score on benchmarks? Forecasts from scored kin, with intervals.

    Do not use it where no relative has scores (basis "new family"): the intervals are then wide.
    How good the forecasts are on your data: --evaluate.

    Example: phylolm predict --bank bank --scores scores.csv
    """
    if evaluate and residuals:
        raise ConfigError("--evaluate and --residuals exclude each other")
    if model and (evaluate or residuals):
        raise ConfigError("--model is for forecasts; --evaluate and --residuals take all models")
    tables, plots = _outputs(output or [], evaluate)
    study = read_scored(chosen, scores, benchmark, scale)
    if evaluate:
        _evaluate(study, cv_group, plots, as_json, tables)
    elif residuals:
        _residuals(study, as_json, tables)
    else:
        _forecast(study, model or [], as_json, tables)


def _outputs(paths: list[Path], evaluate: bool) -> tuple[list[Path], list[Path]]:
    """(tables, pictures) among the outputs. Raises ConfigError for what can't be written."""
    plots = [path for path in paths if path.suffix in PICTURES]
    if plots and not evaluate:
        raise ConfigError("pictures show a cross-validation: add --evaluate")
    for path in paths:
        require_suffix(path, (".csv", *PICTURES) if evaluate else (".csv",), "forecasts")
    return [path for path in paths if path not in plots], plots


def _forecast(study: ScoredModels, models: list[str], as_json: bool, outputs: list[Path]) -> None:
    from phylolm.predict.forecast import forecast

    found = forecast(study, models)
    if as_json:
        emit(json.dumps([_plain(each) for each in found], indent=2, ensure_ascii=False), None)
    elif outputs:
        _write(_frame(found), outputs)
    elif not found:
        note("every model asked for has all its scores; nothing to forecast")
    else:
        _print_forecasts(study, found)


def _write(rows: pd.DataFrame, outputs: list[Path]) -> None:
    for path in outputs:
        emit(rows.to_csv(index=False, float_format="%.6g"), path)


def _plain(each: Forecast) -> dict[str, object]:
    """For JSON, which has no NaN."""
    return {
        **asdict(each),
        "low": each.low if isfinite(each.low) else None,
        "high": each.high if isfinite(each.high) else None,
        "kin": [{"model": name, "weight": weight} for name, weight in each.kin],
    }


def _frame(found: list[Forecast]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame([asdict(each) for each in found])
    if len(table):
        table["kin"] = [";".join(name for name, _ in each.kin) for each in found]
        table["known"] = [";".join(each.known) for each in found]
    return table


def _print_forecasts(study: ScoredModels, found: list[Forecast]) -> None:
    by_model: dict[str, dict[str, Forecast]] = {}
    for each in found:
        by_model.setdefault(each.model, {})[each.benchmark] = each
    header = ["model", *study.benchmarks]
    rows = [
        [model, *(_cell(cells.get(name)) for name in study.benchmarks)]
        for model, cells in by_model.items()
    ]
    table(header, rows, "Forecast and 90 % interval, in percent")
    rests = []
    for model, cells in by_model.items():
        first = next(iter(cells.values()))
        kin = ", ".join(f"{name} {weight:.2f}" for name, weight in first.kin)
        rests.append([model, first.basis, kin, first.warning])
    columns = ["model", "basis", "most influential models (weight)", "warning"]
    table(columns if any(row[3] for row in rests) else columns[:3],
          rests if any(row[3] for row in rests) else [row[:3] for row in rests])  # fmt: skip
    note("–: the score is known. To see how good such forecasts are, add --evaluate")


def _cell(each: Forecast | None) -> str:
    if each is None:
        return "–"
    value = f"{100 * each.value:.1f}"
    if not isfinite(each.low):
        return f"{value} (?)"
    return f"{value} ({100 * each.low:.0f}–{100 * each.high:.0f})"


def _evaluate(
    study: ScoredModels, cv_group: CvGroup, plots: list[Path], as_json: bool, outputs: list[Path]
) -> None:
    from phylolm.predict.evaluate import evaluate

    found = evaluate(study, _labels(study, cv_group))
    for text in found.notes[len(study.notes) :]:
        note(text)
    for path in plots:
        _plot(found, path)
    if as_json:
        tables = {"summary": found.summary(), "within": found.within(), "coverage": found.coverage}
        emit(json.dumps({name: json.loads(frame.to_json(orient="records", double_precision=6))
                         for name, frame in tables.items()}, indent=2), None)  # fmt: skip
    elif outputs:
        _write(found.forecasts, outputs)
    else:
        _print_evaluation(found, cv_group)


def _labels(study: ScoredModels, cv_group: CvGroup) -> list[str]:
    """What each model is left out with."""
    if cv_group is CvGroup.family:
        return list(study.groups)
    if cv_group is CvGroup.tenth:
        import zlib

        return [f"part {zlib.crc32(name.encode()) % 10}" for name in study.distances.names]
    from phylolm.tree.build import build_tree
    from phylolm.tree.clades import clades

    names = study.distances.names
    scored = [names[row] for row in study.scored]
    found = clades(build_tree(study.distances).root_midpoint(), scored)
    return [found[name] for name in names]


def _print_evaluation(found: Evaluation, cv_group: CvGroup) -> None:
    summary = found.summary()
    benchmarks = [name for name in dict.fromkeys(summary["benchmark"]) if name != "mean"]
    methods = list(dict.fromkeys(summary["method"]))
    for column, what in (("pearson", "Pearson correlation"), ("mae", "Mean absolute error")):
        wide = summary.pivot(index="method", columns="benchmark", values=column)
        wide = wide.loc[methods, [*benchmarks, "mean"]]
        rows = [[method, *map(_number, wide.loc[method])] for method in methods]
        table(["forecast from", *wide.columns], rows, f"{what}, leaving out one {cv_group.value}")
    means = summary[summary["benchmark"] == "mean"].set_index("method")
    rows = [
        [method, f"{row['n']:.0f}", *map(_number, row[["spearman", "r2", "coverage", "width"]])]
        for method, row in means.iterrows()
    ]
    header = [
        "forecast from",
        "scores",
        "Spearman",
        "R²",
        "90 % interval coverage",
        "interval width",
    ]
    table(header, rows, "Means over benchmarks")


def _number(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else "–"


def _plot(found: Evaluation, path: Path) -> None:
    from phylolm import figures

    calibration = path.with_name(f"{path.stem}-calibration{path.suffix}")
    method = found.forecasts["method"].iloc[0]
    figures.save(figures.plot_forecasts(found.forecasts, method), path)
    figures.save(figures.plot_calibration(found.coverage), calibration)
    note(f"wrote {path} and {calibration}")


def _residuals(study: ScoredModels, as_json: bool, outputs: list[Path]) -> None:
    from phylolm.predict.residuals import CAUTION, residuals

    found = residuals(study)
    if as_json:
        emit(found.to_json(orient="records", indent=2, double_precision=6), None)
        return
    if outputs:
        _write(found, outputs)
        return
    high = found[found[["p_kin", "p_all"]].min(axis=1) < WORTH_A_LOOK]
    if len(high):
        shown = high.assign(score=100 * high["score"], expected=100 * high["expected"])
        rows = [
            [model, benchmark, f"{score:.1f}", f"{expected:.1f}", *(f"{p:.2g}" for p in chances)]
            for model, benchmark, score, expected, *chances in shown.itertuples(index=False)
        ]
        header = ["model", "benchmark", "score", "forecast", "p", "p given other scores", "q"]
        table(header, rows, "Scores far above their forecast from kin")
    chance = f"{2 * WORTH_A_LOOK * len(found):.0f}"
    note(
        f"{len(high)} of {len(found)} scores have p < {WORTH_A_LOOK}; "
        f"up to {chance} are expected by chance"
    )
    note("q: false discovery rate if all rows down to this one are taken as real")
    note(CAUTION)
