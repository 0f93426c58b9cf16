"""phylolm predict and phylolm select: benchmark scores from kinship."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import emit, note, require_suffix, table, warn
from phylolm.cli.pictures import PICTURES
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from phylolm.predict.evaluate import Evaluation
    from phylolm.predict.forecast import Forecast, Study

ScoresOption = Annotated[
    Path,
    typer.Option(
        "--scores",
        "-s",
        help="CSV or parquet of scores, Open LLM Leaderboard table, or lm-evaluation-harness JSON "
        "(file or folder). Columns parameters (billions), family and parent are used if there.",
    ),
]
BenchmarkOption = Annotated[
    list[str] | None, typer.Option("--benchmark", help="Only this benchmark (repeatable).")
]


class Scale(StrEnum):
    """How scores are written."""

    auto = "auto"
    percent = "percent"
    fraction = "fraction"


class Leave(StrEnum):
    """What is left out together."""

    family = "family"
    clade = "clade"
    tenth = "tenth"


ScaleOption = Annotated[Scale, typer.Option("--scale", help="Whether scores are percents.")]

WORTH_A_LOOK = 0.01


@source.takes_source
def predict(
    chosen: source.Source,
    scores: ScoresOption,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="Only this model (repeatable).")
    ] = None,
    benchmark: BenchmarkOption = None,
    scale: ScaleOption = Scale.auto,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Forecast the known scores instead, and compare.")
    ] = False,
    leave: Annotated[
        Leave, typer.Option("--leave", help="What --evaluate leaves out together.")
    ] = Leave.family,
    residuals: Annotated[
        bool, typer.Option("--residuals", help="List scores far above what kin predict instead.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            help="With --evaluate: scatter to this .svg, .pdf or .png, and "
            "beside it NAME-calibration.",
        ),
    ] = None,  # fmt: skip
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout; scores in 0-1.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="All rows as .csv; scores in 0-1.")
    ] = None,
) -> None:
    """What would these models score? Forecasts from scored kin, with intervals."""
    if evaluate and residuals:
        raise ConfigError("--evaluate and --residuals exclude each other")
    if model and (evaluate or residuals):
        raise ConfigError("--model is for forecasts; --evaluate and --residuals take all models")
    if output is not None:
        require_suffix(output, (".csv",), "forecasts")
    if plot is not None:
        if not evaluate:
            raise ConfigError("--plot draws an evaluation: add --evaluate")
        require_suffix(plot, PICTURES, "a picture")
    study = _study(chosen, scores, benchmark, scale)
    if evaluate:
        _evaluate(study, leave, plot, as_json, output)
    elif residuals:
        _residuals(study, as_json, output)
    else:
        _forecast(study, model or [], as_json, output)


@source.takes_source
def select(
    chosen: source.Source,
    scores: ScoresOption,
    budget: Annotated[int, typer.Option("--budget", "-k", min=1, help="How many models.")],
    benchmark: BenchmarkOption = None,
    scale: ScaleOption = Scale.auto,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Which models to benchmark next, to learn most about those without scores."""
    from phylolm.predict.select import choose_next

    picks = choose_next(_study(chosen, scores, benchmark, scale), budget)
    if as_json:
        emit(json.dumps([asdict(pick) for pick in picks], indent=2, ensure_ascii=False), None)
        return
    rows = [[pick.model, f"{pick.left:.0%}"] for pick in picks]
    table(["benchmark next", "uncertainty left"], rows)


def _study(
    chosen: source.Source, scores: Path, benchmarks: list[str] | None, scale: Scale
) -> Study:
    """Distances and scores of the same models; what they need said is said."""
    from phylolm.predict.forecast import join_scores
    from phylolm.predict.scores import read_scores
    from phylolm.tree.build import build_tree
    from phylolm.tree.clades import clades

    read = read_scores(scores, benchmarks, scale.value)
    for text in read.notes:
        note(text)
    matrix = chosen.matrix()
    groups = clades(build_tree(matrix).root_midpoint(), read.models)
    study = join_scores(matrix, read, groups)
    for text in study.notes:
        warn(text)
    return study


def _forecast(study: Study, models: list[str], as_json: bool, output: Path | None) -> None:
    from phylolm.predict.forecast import forecast

    found = forecast(study, models)
    if as_json:
        emit(json.dumps([_plain(each) for each in found], indent=2, ensure_ascii=False), None)
    elif output is not None:
        emit(_frame(found).to_csv(index=False, float_format="%.6g"), output)
    elif not found:
        note("every model asked for has all its scores; nothing to forecast")
    else:
        _print_forecasts(study, found)


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


def _print_forecasts(study: Study, found: list[Forecast]) -> None:
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
    columns = ["model", "forecast as", "rests most on (weight)", "careful"]
    table(columns if any(row[3] for row in rests) else columns[:3],
          rests if any(row[3] for row in rests) else [row[:3] for row in rests])  # fmt: skip
    note("–: the score is known. How good such forecasts are: the same command with --evaluate")


def _cell(each: Forecast | None) -> str:
    if each is None:
        return "–"
    value = f"{100 * each.value:.1f}"
    if not isfinite(each.low):
        return f"{value} (?)"
    return f"{value} ({100 * each.low:.0f}–{100 * each.high:.0f})"


def _evaluate(
    study: Study, leave: Leave, plot: Path | None, as_json: bool, output: Path | None
) -> None:
    from phylolm.predict.evaluate import evaluate

    found = evaluate(study, _labels(study, leave))
    for text in found.notes[len(study.notes) :]:
        note(text)
    if plot is not None:
        _plot(found, plot)
    if as_json:
        tables = {"summary": found.summary(), "within": found.within(), "coverage": found.coverage}
        emit(json.dumps({name: json.loads(frame.to_json(orient="records", double_precision=6))
                         for name, frame in tables.items()}, indent=2), None)  # fmt: skip
    elif output is not None:
        emit(found.forecasts.to_csv(index=False, float_format="%.6g"), output)
    else:
        _print_evaluation(found, leave)


def _labels(study: Study, leave: Leave) -> list[str]:
    """What each model is left out with."""
    if leave is Leave.family:
        return list(study.groups)
    if leave is Leave.tenth:
        import zlib

        return [f"part {zlib.crc32(name.encode()) % 10}" for name in study.distances.names]
    from phylolm.tree.build import build_tree
    from phylolm.tree.clades import clades

    names = study.distances.names
    scored = [names[row] for row in study.scored]
    found = clades(build_tree(study.distances).root_midpoint(), scored)
    return [found[name] for name in names]


def _print_evaluation(found: Evaluation, leave: Leave) -> None:
    summary = found.summary()
    benchmarks = [name for name in dict.fromkeys(summary["benchmark"]) if name != "mean"]
    methods = list(dict.fromkeys(summary["method"]))
    for column, what in (("pearson", "Pearson correlation"), ("mae", "Mean absolute error")):
        wide = summary.pivot(index="method", columns="benchmark", values=column)
        wide = wide.loc[methods, [*benchmarks, "mean"]]
        rows = [[method, *map(_number, wide.loc[method])] for method in methods]
        table(["forecast from", *wide.columns], rows, f"{what}, leaving out one {leave.value}")
    means = summary[summary["benchmark"] == "mean"].set_index("method")
    rows = [
        [method, f"{row['n']:.0f}", *map(_number, row[["spearman", "r2", "coverage", "width"]])]
        for method, row in means.iterrows()
    ]
    header = ["forecast from", "scores", "Spearman", "R²", "held by 90 % interval", "its width"]
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


def _residuals(study: Study, as_json: bool, output: Path | None) -> None:
    from phylolm.predict.residuals import CAUTION, residuals

    found = residuals(study)
    if as_json:
        emit(found.to_json(orient="records", indent=2, double_precision=6), None)
        return
    if output is not None:
        emit(found.to_csv(index=False, float_format="%.6g"), output)
        return
    high = found[found[["p_kin", "p_all"]].min(axis=1) < WORTH_A_LOOK]
    if len(high):
        shown = high.assign(score=100 * high["score"], expected=100 * high["expected"])
        rows = [
            [model, benchmark, f"{score:.1f}", f"{expected:.1f}", *(f"{p:.2g}" for p in chances)]
            for model, benchmark, score, expected, *chances in shown.itertuples(index=False)
        ]
        header = ["model", "benchmark", "score", "kin predict", "p", "p given other scores", "q"]
        table(header, rows, "Worth a look: scores far above what kin predict")
    chance = f"{2 * WORTH_A_LOOK * len(found):.0f}"
    note(f"{len(high)} of {len(found)} scores have p < {WORTH_A_LOOK}; chance gives up to {chance}")
    note("q: the share of false alarms if all down to this line are believed")
    note(CAUTION)
